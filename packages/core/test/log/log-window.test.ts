import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LogWindow } from '../../src/log/log-window.ts'

const steps = fc.array(
  fc.record({ count: fc.integer({ min: 1, max: 40 }), size: fc.integer({ min: 1, max: 400 }) }),
  {
    maxLength: 120,
  },
)

it('keeps a running log within one and a half times its bounds, and a finished one within them', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 60 }), (batches, maxEvents) => {
      const maxBytes = 4_000
      const window = new LogWindow({ maxEvents, maxBytes }, { firstIdx: 0, nextIdx: 0 })
      const sizes: number[] = []
      let first = 0
      const kept = (): { events: number; bytes: number } => {
        const tail = sizes.slice(first)
        return { events: tail.length, bytes: tail.reduce((sum, size) => sum + size, 0) }
      }
      for (const [position, { count, size }] of batches.entries()) {
        const isLast = position === batches.length - 1
        const trimTo = window.trimPoint(count, count * size, isLast)
        for (let i = 0; i < count; i++) sizes.push(size)
        window.add(count, count * size)
        if (trimTo !== null) {
          expect(trimTo).toBeGreaterThan(first)
          expect(trimTo).toBeLessThan(sizes.length)
          window.trimmed(trimTo)
          first = trimTo
        }
        const { events, bytes } = kept()
        const slack = isLast ? 1 : 1.5
        expect(events).toBeLessThanOrEqual(Math.max(1, maxEvents * slack))
        // One append may be larger than the whole bound: then only that append is left.
        expect(bytes).toBeLessThanOrEqual(Math.max(maxBytes * slack, count * size))
      }
    }),
  )
})

it('does not trim a log that is within its bounds', () => {
  const window = new LogWindow({ maxEvents: 100, maxBytes: 10_000 }, { firstIdx: 0, nextIdx: 0 })
  for (let i = 0; i < 100; i++) {
    expect(window.trimPoint(1, 50, false)).toBeNull()
    window.add(1, 50)
  }
  expect(window.trimPoint(0, 0, true)).toBeNull()
})

it('trims half a cap at a time, so that the cost is spread', () => {
  const window = new LogWindow({ maxEvents: 100, maxBytes: 1_000_000 }, { firstIdx: 0, nextIdx: 0 })
  let trims = 0
  for (let i = 0; i < 1_000; i++) {
    const trimTo = window.trimPoint(1, 50, false)
    window.add(1, 50)
    if (trimTo === null) continue
    window.trimmed(trimTo)
    trims++
  }
  expect(trims).toBeLessThanOrEqual(1_000 / 50)
  expect(trims).toBeGreaterThan(10)
})

it('knows the oldest event that is kept, and bytes that the events behind any have at least', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 60 }), fc.nat(100), (batches, maxEvents, begun) => {
      const window = new LogWindow({ maxEvents, maxBytes: 4_000 }, { firstIdx: 0, nextIdx: begun })
      // Of what another writer has stored, no size is known.
      const sizes: number[] = new Array(begun).fill(0)
      let first = 0
      for (const { count, size } of batches) {
        const trimTo = window.trimPoint(count, count * size, false)
        for (let i = 0; i < count; i++) sizes.push(size)
        window.add(count, count * size)
        if (trimTo !== null) {
          window.trimmed(trimTo)
          first = trimTo
        }
        expect(window.firstIdx).toBe(first)
        for (let idx = 0; idx <= sizes.length; idx += 7) {
          const bytes = sizes.slice(idx).reduce((sum, size) => sum + size, 0)
          expect(window.leastBytes(idx)).toBeLessThanOrEqual(bytes)
        }
        if (first === 0) expect(window.leastBytes(0)).toBe(sizes.reduce((sum, size) => sum + size, 0))
      }
    }),
  )
})
