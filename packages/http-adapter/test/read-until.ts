/** Reads a stream piece by piece. */
export interface TextReader {
  /** Waits for a text in the answer; answers everything so far. */
  until(text: string): Promise<string>
  /** Answers everything. */
  toEnd(): Promise<string>
}

/** Reads the body of an answer as it comes. */
export function readUntil(response: Response): TextReader {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let read = ''
  const more = async (): Promise<boolean> => {
    const { done = true, value } = (await reader?.read()) ?? {}
    read += value ?? ''
    return !done
  }
  return {
    async until(text) {
      while (!read.includes(text)) {
        if (!(await more())) throw new Error(`the answer ended without "${text}": ${read}`)
      }
      return read
    },
    async toEnd() {
      while (await more());
      return read
    },
  }
}
