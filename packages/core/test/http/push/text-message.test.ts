import { expect, it } from 'vitest'
import { textMessage } from '../../../src/http/push/text-message.ts'

/** First bytes of a frame that holds a whole text message, by RFC 6455, 5.2. */
const heads: readonly [length: number, head: readonly number[]][] = [
  [0, [0x81, 0]],
  [125, [0x81, 125]],
  [126, [0x81, 126, 0, 126]],
  [65_535, [0x81, 126, 0xff, 0xff]],
  [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
]

it.each(heads)('frames a text of %i bytes', (length, head) => {
  const { framed, payload } = textMessage('x'.repeat(length))
  expect([...framed.subarray(0, head.length)]).toEqual(head)
  expect(framed.subarray(head.length)).toEqual(payload)
  expect(payload.toString()).toBe('x'.repeat(length))
})

it('counts bytes and not characters', () => {
  const { framed, payload } = textMessage('é'.repeat(100))
  expect([...framed.subarray(0, 4)]).toEqual([0x81, 126, 0, 200])
  expect(payload.toString()).toBe('é'.repeat(100))
})
