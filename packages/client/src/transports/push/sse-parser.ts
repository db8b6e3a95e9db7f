/** One message of an event stream. */
export interface SseMessage {
  /** `message` unless it has a name. */
  event: string
  /** The lines of its data. */
  data: string
  /** Id of this message or, without one, of the last that had one; empty before the first. */
  id: string
}

/**
 * Parses a stream of server-sent events piece by piece, wherever the pieces are cut. A message that the end of the stream
 * cuts short never comes out.
 */
export function sseParser(): (piece: Uint8Array) => SseMessage[] {
  const utf8 = new TextDecoder()
  let line = ''
  let endsInReturn = false
  let id = ''
  let event = ''
  let data: string[] = []

  function take(messages: SseMessage[]): void {
    if (line === '') {
      if (data.length > 0) messages.push({ event: event || 'message', data: data.join('\n'), id })
      event = ''
      data = []
      return
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'data') data.push(value)
    if (name === 'event') event = value
    if (name === 'id' && !value.includes('\0')) id = value
  }

  return (piece) => {
    const messages: SseMessage[] = []
    let text = utf8.decode(piece, { stream: true })
    if (text === '') return messages
    // The other half of a line's end that was cut in two.
    if (endsInReturn && text.startsWith('\n')) text = text.slice(1)
    endsInReturn = text === '' ? false : text.endsWith('\r')
    const [first = '', ...rest] = text.split(/\r\n?|\n/)
    line += first
    for (const next of rest) {
      take(messages)
      line = next
    }
    return messages
  }
}
