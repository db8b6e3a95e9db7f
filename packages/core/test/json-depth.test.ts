import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textDeeperThan, valueDeeperThan } from '../src/json-depth.ts'

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

describe('the depth of JSON', () => {
  it('is told alike from the text, from the value, and by recursion', () => {
    const hostile = fc.constantFrom('"', '\\', '[', '{', '}', ']', '\\"', '😀', '\u0000')
    const strings = fc.array(hostile, { maxLength: 8 }).map((parts) => parts.join(''))
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6, depthSize: 'medium' },
        strings,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(strings, tie('value'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(value, fc.nat(8), fc.constantFrom(0, 2), (value, max, indent) => {
        const isDeeper = depthOf(value) > max
        expect(textDeeperThan(JSON.stringify(value, null, indent), max)).toBe(isDeeper)
        expect(valueDeeperThan(value, max)).toBe(isDeeper)
      }),
    )
  })

  it('is told of texts that are no JSON, without an end to the stack', () => {
    expect(textDeeperThan('['.repeat(1_000_000), 64)).toBe(true)
    expect(textDeeperThan(']'.repeat(1_000_000), 64)).toBe(false)
    expect(textDeeperThan(`"${'\\"'.repeat(1_000_000)}`, 64)).toBe(false)
    let value: unknown = []
    for (let depth = 0; depth < 1_000_000; depth++) value = [value]
    expect(valueDeeperThan(value, 64)).toBe(true)
  })
})
