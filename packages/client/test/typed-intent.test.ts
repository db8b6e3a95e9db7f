import fc from 'fast-check'
import { expect, test } from 'vitest'
import { typedIntent } from '../src/typed-intent.ts'

test('is typed out within half a second when it is short, and within a second when it is long', () => {
  const short = 'Looking'
  const long = 'x'.repeat(200)
  expect([0, 250, 499, 500].map((ms) => typedIntent(short, ms))).toEqual(['', 'Look', short, short])
  expect([0, 500, 994, 1_000].map((ms) => typedIntent(long, ms).length)).toEqual([0, 100, 199, 200])
  expect(typedIntent('y'.repeat(40), 400)).toHaveLength(20)
})

test('is there at once below the watermark, and not at all before it began', () => {
  expect(typedIntent('Reading the file', Number.POSITIVE_INFINITY)).toBe('Reading the file')
  expect(typedIntent('Reading the file', -5)).toBe('')
  expect(typedIntent('', 100)).toBe('')
})

test('only grows, never cuts a character in two, and is whole after a second', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(1_200), fc.nat(1_200), (intent, ms, more) => {
      const shown = typedIntent(intent, ms)
      expect(typedIntent(intent, ms + more).startsWith(shown)).toBe(true)
      expect(Array.from(intent).slice(0, Array.from(shown).length).join('')).toBe(shown)
      expect(typedIntent(intent, 1_000)).toBe(intent)
    }),
  )
})
