import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeText, encodeText } from '../../../src/stores/sqlite/text-codec.ts'

/** Any 16-bit units at all, often the ones that are written differently. */
const anyString = fc
  .array(
    fc.oneof(fc.constantFrom(0, 0xd800, 0xdfff, 0xfffe, 0x30, 0x66), fc.integer({ min: 0, max: 0xffff })),
  )
  .map((units) => String.fromCharCode(...units))

describe('S9 · the stored form of a string', () => {
  it('is valid UTF-8 without NUL and leads back to the string, whatever is in it', () => {
    fc.assert(
      fc.property(anyString, (text) => {
        const stored = encodeText(text)
        expect(stored).not.toContain('\0')
        expect(Buffer.from(stored).toString()).toBe(stored)
        expect(decodeText(stored)).toBe(text)
      }),
    )
  })

  it('is the string itself for usual text and for any JSON', () => {
    const texts = ['', 'Ann 👩‍👩‍👧', JSON.stringify({ text: 'a\u0000\ud800b' })]
    expect(texts.map(encodeText)).toEqual(texts)
  })
})
