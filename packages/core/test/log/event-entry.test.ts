import { describe, expect, it } from 'vitest'
import { checkEvent } from '../../src/log/event-check.ts'
import { makeEventEntry } from '../../src/log/event-entry.ts'

const entryOf = (data: object) => makeEventEntry('x_event', data, 0, 100_000)

/** An object whose getter answers how often it was read, and throws after `good` times. */
function counting(good = Number.POSITIVE_INFINITY): object {
  let reads = 0
  return {
    get content(): string {
      reads += 1
      if (reads > good) throw new Error('read too often')
      return `read ${reads}`
    },
  }
}

describe('an event of data with a getter', () => {
  it.each([
    ['alone', counting()],
    ['beside what is not plain', { list: [1], nested: counting() }],
    ['before what is not plain', Object.defineProperty(counting(), 'list', { value: [1], enumerable: true })],
    ['inherited', Object.create(counting())],
  ])('is for readers what its text says: %s', (_title, data) => {
    const { json, data: seen } = entryOf(data)
    expect(seen).toEqual(JSON.parse(json))
  })

  it('that can be read only once is read only once', () => {
    expect(entryOf(counting(1))).toMatchObject({ json: '{"content":"read 1"}', data: { content: 'read 1' } })
  })

  it('that throws is refused as invalid_event, whoever reads first', () => {
    const refusal = expect.objectContaining({
      code: 'invalid_event',
      cause: expect.objectContaining({ message: 'read too often' }),
    })
    expect(() => entryOf(counting(0))).toThrow(refusal)
    expect(() => checkEvent('text_chunk', counting(0), undefined)).toThrow(refusal)
  })
})

describe('an event', () => {
  it.each([
    { a: 'x', b: 1, c: true, d: null },
    { a: undefined, b: 1 },
    { a: 1.5, b: [1, { c: 2 }] },
    JSON.parse('{"__proto__":{"a":1},"b":2}'),
    { toJSON: () => ({ a: 1 }) },
    { a: -0 },
    { a: [-0] },
  ])('of %o is its JSON', (data) => {
    const { json, data: seen } = entryOf(data)
    expect(json).toBe(JSON.stringify(data))
    expect(JSON.stringify(seen)).toBe(json)
    expect(seen).toEqual(JSON.parse(json))
  })

  it('nests 200 levels at most, its data included', () => {
    const nested = (levels: number): object => ({
      value: JSON.parse('['.repeat(levels) + ']'.repeat(levels)),
    })
    expect(entryOf(nested(199)).data).toEqual(nested(199))
    expect(() => entryOf(nested(200))).toThrow(expect.objectContaining({ code: 'invalid_event' }))
  })
})
