import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textHasMoreKeys, valueHasMoreKeys } from '../../src/http/json-keys.ts'

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const values = Object.values(value)
  const inner = values.reduce((sum: number, item) => sum + keysOf(item), 0)
  return inner + (Array.isArray(value) ? 0 : values.length)
}

describe('the number of keys of JSON', () => {
  it('is told alike from the text, from the value, and by recursion', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(12), fc.constantFrom(0, 2), (value, max, indent) => {
        const hasMore = keysOf(value) > max
        expect(textHasMoreKeys(JSON.stringify(value, null, indent), max)).toBe(hasMore)
        expect(valueHasMoreKeys(value, max)).toBe(hasMore)
      }),
    )
  })

  it('is found in values that nest too deep for recursion', () => {
    let value: unknown = {}
    for (let depth = 0; depth < 100_000; depth++) value = { value }
    expect(valueHasMoreKeys(value, 99_999)).toBe(true)
    expect(valueHasMoreKeys(value, 100_000)).toBe(false)
  })
})
