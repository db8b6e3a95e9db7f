/** One event of an event stream, as the HTML standard reads it. */
export interface StreamedEvent {
  id: string
  event: string
  data: string
}

/** Reads the text of an event stream by the letter of the HTML standard, section 9.2.6. */
export function readEventStream(text: string): StreamedEvent[] {
  const events: StreamedEvent[] = []
  let id = ''
  let event = ''
  let data: string[] = []
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    if (line === '') {
      if (data.length > 0) events.push({ id, event: event || 'message', data: data.join('\n') })
      event = ''
      data = []
      continue
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
  }
  return events
}
