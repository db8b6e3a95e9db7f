/** An event of the mount, as far as a message is concerned. */
interface MountedEvent {
  type: string
  data: { value?: unknown }
}

/** Whether a stream of this content type holds JSON values. */
export function isJson(contentType: string): boolean {
  return contentType.toLowerCase().startsWith('application/json')
}

/**
 * The messages that a body appends: the values of a JSON list, or one value; of any other content type its bytes in base64.
 * `null` for what is no JSON.
 */
export function messagesOf(contentType: string, body: Buffer): readonly unknown[] | null {
  if (!isJson(contentType)) return [body.toString('base64')]
  try {
    const value: unknown = JSON.parse(body.toString())
    return Array.isArray(value) ? value : [value]
  } catch {
    return null
  }
}

/** Puts messages in the place of the events that carry them, and leaves all else as it is. */
export class DurableMessages {
  readonly #contentType: string
  readonly #decoder = new TextDecoder()
  #rest = ''

  constructor(contentType: string) {
    this.#contentType = contentType
  }

  /** The body of a read. */
  ofList(events: string): string | Buffer {
    const values = valuesOf(events)
    return isJson(this.#contentType) ? JSON.stringify(values) : bytesOf(values)
  }

  /** The next piece of an event stream, as far as its frames are whole. */
  ofEventStream(chunk: Uint8Array): string {
    const frames = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n\n')
    this.#rest = frames.pop() ?? ''
    return frames.map((frame) => this.#frame(frame)).join('')
  }

  #frame(frame: string): string {
    const [, list] = /^event: data\ndata:(.*)$/s.exec(frame) ?? []
    if (list === undefined) return `${frame}\n\n`
    const values = valuesOf(list)
    // The end of the task is an event, but was no message.
    if (values.length === 0) return ''
    const text = isJson(this.#contentType) ? JSON.stringify(values) : bytesOf(values).toString()
    const lines = text.split(/\r\n|\r|\n/).map((line) => `data:${line}\n`)
    return `event: data\n${lines.join('')}\n`
  }
}

function valuesOf(list: string): unknown[] {
  const events = JSON.parse(list) as MountedEvent[]
  return events.filter(({ type }) => type === 'x_message').map(({ data }) => data.value)
}

function bytesOf(values: readonly unknown[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from(value as string, 'base64')))
}
