import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SseMessage, sseParser } from '../../../src/transports/push/sse-parser.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const parse = (...texts: string[]): SseMessage[] => {
  const parser = sseParser()
  return texts.flatMap((text) => parser(bytes(text)))
}

describe('a parser of event streams', () => {
  test('reads names, ids and data', () => {
    expect(parse('id: e.1\ndata: {"a":1}\n\nevent: status\ndata: {}\n\n')).toEqual([
      { event: 'message', id: 'e.1', data: '{"a":1}' },
      { event: 'status', id: 'e.1', data: '{}' },
    ])
  })

  test('skips comments, fields that it does not know, and messages without data', () => {
    expect(parse(':\n\n: hello\n\nretry: 5\n\nevent: lonely\n\nfoo\nbar: x\ndata: y\n\n')).toEqual([
      { event: 'message', id: '', data: 'y' },
    ])
  })

  test('takes away one space after the colon and no other', () => {
    expect(parse('data:a\n\ndata: b\n\ndata:  c\n\ndata\n\n').map(({ data }) => data)).toEqual([
      'a',
      'b',
      ' c',
      '',
    ])
  })

  test('joins the lines of data, and keeps colons and other white space in them', () => {
    expect(parse('data: a:b\ndata: \u2028c\t\n\n')[0]?.data).toBe('a:b\n\u2028c\t')
  })

  test('ignores an id with a zero in it', () => {
    expect(parse('id: a\nid: b\0\ndata: x\n\n')[0]?.id).toBe('a')
  })

  test('ignores a byte order mark at the beginning', () => {
    expect(parse('\ufeffdata: x\n\n')[0]?.data).toBe('x')
  })

  test('has a message out with its last line, also where lines end in a bare return', () => {
    expect(parse('data: x\r\r')).toHaveLength(1)
    expect(parse('data: x\r\n\r')).toHaveLength(1)
    expect(parse('data: x\r', '\ndata: y\r\n\r', '\n', 'data: z\n\n').map(({ data }) => data)).toEqual([
      'x\ny',
      'z',
    ])
  })

  test('does not give out what the end of the stream cut short', () => {
    expect(parse('data: x\n')).toEqual([])
  })
})

test('wherever a stream is cut, and however its lines end, the same messages come out', () => {
  const line = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replace(/[\r\n\0]/g, '·'))
  const message = fc.record({
    event: fc.option(fc.constantFrom('status', 'end', 'snäp')),
    id: fc.option(fc.constantFrom('e.1', 'ü.22')),
    data: fc.array(line, { minLength: 1, maxLength: 3 }),
    comment: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.constantFrom('\n', '\r', '\r\n'),
      fc.array(fc.nat(200), { maxLength: 12 }),
      (messages, end, cuts) => {
        let id = ''
        const expected: SseMessage[] = []
        let text = ''
        for (const { event, data, comment, ...rest } of messages) {
          id = rest.id ?? id
          expected.push({ event: event ?? 'message', data: data.join('\n'), id })
          if (comment) text += `: note${end}`
          if (rest.id !== null) text += `id: ${rest.id}${end}`
          if (event !== null) text += `event: ${event}${end}`
          for (const piece of data) text += `data: ${piece}${end}`
          text += end
        }
        const whole = bytes(text)
        const places = [
          0,
          ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b),
          whole.length,
        ]
        const parser = sseParser()
        const got = places.slice(1).flatMap((to, index) => parser(whole.subarray(places[index], to)))
        // A lone surrogate is no UTF-8: it went as the replacement character.
        const wellFormed = expected.map((each) => ({
          ...each,
          data: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(each.data)),
        }))
        expect(got).toEqual(wellFormed)
      },
    ),
    { numRuns: 150 },
  )
})
