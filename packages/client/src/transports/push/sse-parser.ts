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
  /** What has come of the next message. */
  let rest = ''
  let endsInReturn = false
  let id = ''

  function messageOf(block: string): SseMessage[] {
    let event = ''
    const data: string[] = []
    for (const line of block.split('\n')) {
      const [, name, value = ''] = /^([^:]*):? ?(.*)/s.exec(line) ?? []
      if (name === 'data') data.push(value)
      if (name === 'event') event = value
      if (name === 'id' && !value.includes('\0')) id = value
    }
    return data.length > 0 ? [{ event: event || 'message', data: data.join('\n'), id }] : []
  }

  return (piece) => {
    let text = utf8.decode(piece, { stream: true })
    if (!text) return []
    // The other half of a line's end that was cut in two.
    if (endsInReturn) text = text.replace(/^\n/, '')
    endsInReturn = text.endsWith('\r')
    const blocks = (rest + text.replace(/\r\n?/g, '\n')).split('\n\n')
    rest = blocks.pop() ?? ''
    return blocks.flatMap(messageOf)
  }
}
