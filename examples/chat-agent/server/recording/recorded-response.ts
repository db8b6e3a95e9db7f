/** One recorded answer of a provider, as the frames of a `text/event-stream` body. */
export interface RecordedResponse {
  /** Text of each frame, with the blank line that ends it. */
  readonly frames: readonly string[]
  /** The JSON values that the frames carry, in order. */
  readonly chunks: readonly unknown[]
}

/** The answer that a raw `.sse` body holds: kept as it is, cut at blank lines. */
export function responseOfBody(body: string): RecordedResponse {
  const frames = body.split(/(?<=\r?\n\r?\n)/)
  return { frames, chunks: frames.flatMap(chunksOfFrame) }
}

/** The answer that a list of chunks stands for, framed as the provider would have sent it. */
export function responseOfChunks(chunks: readonly unknown[]): RecordedResponse {
  const frames = chunks.map((chunk) => `${eventLine(chunk)}data: ${JSON.stringify(chunk)}\n\n`)
  if (chunks.some(isCompletionChunk)) frames.push('data: [DONE]\n\n')
  return { frames, chunks }
}

function chunksOfFrame(frame: string): unknown[] {
  const data = frame
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trim())
    .join('\n')
  if (data === '' || data === '[DONE]') return []
  try {
    return [JSON.parse(data)]
  } catch {
    // A recording that was cut off ends in half a frame. It is replayed as it is; it only says nothing to us.
    return []
  }
}

// Providers whose chunks carry a type name it in the frame too; the others send bare data.
function eventLine(chunk: unknown): string {
  const type = field(chunk, 'type')
  return typeof type === 'string' ? `event: ${type}\n` : ''
}

function isCompletionChunk(chunk: unknown): boolean {
  return field(chunk, 'object') === 'chat.completion.chunk'
}

/** A field of a value that may be no object. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
