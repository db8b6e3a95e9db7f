import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventLog } from '../../../src/stores/memory/event-log.ts'

const text = fc.string({ unit: 'binary', maxLength: 4 })
/** Large enough that trimmed slots are compacted, too. */
const step = fc.oneof(
  fc.record({ append: fc.array(text, { maxLength: 120, size: 'max' }) }),
  fc.record({ trim: fc.integer({ min: -10, max: 150 }) }),
)
const query = fc.record({
  from: fc.integer({ min: -5, max: 80 }),
  limit: fc.nat(100),
  maxBytes: fc.nat(200),
})

describe('EventLog', () => {
  it('reads like a plain list of texts, whatever is appended, trimmed and asked', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.array(step, { maxLength: 12, size: 'max' }),
        fc.array(query),
        (start, steps, queries) => {
          const log = new EventLog(start)
          const all: string[] = []
          let first = start
          for (const action of steps) {
            if ('append' in action) {
              log.append(action.append)
              all.push(...action.append)
            } else {
              log.trim(first + action.trim)
              first = Math.max(first, Math.min(first + action.trim, start + all.length))
            }
            expect([log.first, log.next]).toEqual([first, start + all.length])
          }
          expect(log.read(0, Number.POSITIVE_INFINITY, 1e9)).toEqual(all.slice(first - start))
          for (const { from, limit, maxBytes } of queries) {
            const kept = all.slice(Math.max(first, start + from) - start)
            const page = log.read(start + from, limit, maxBytes)
            expect(page).toEqual(kept.slice(0, page.length))
            let sum = 0
            const sums = kept.map((event) => {
              sum += Buffer.byteLength(event)
              return sum
            })
            const fitting = sums.findIndex((bytes) => bytes > maxBytes)
            const most = Math.min(limit, fitting === -1 ? kept.length : Math.max(1, fitting))
            expect(page).toHaveLength(Math.min(kept.length, most))
            expect(log.bytes(start + from, log.next + 5)).toBe(sum)
          }
        },
      ),
    )
  })

  it('lets go of the memory of what was trimmed, at once and without a new append', () => {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    if (typeof collect !== 'function') throw new Error('this runtime cannot collect garbage on demand')
    const megabyte = 1_048_576
    collect()
    const before = process.memoryUsage().heapUsed
    const log = new EventLog()
    for (let i = 0; i < 60; i++) log.append([Buffer.alloc(megabyte, 65 + (i % 26)).toString('latin1')])
    collect()
    const held = process.memoryUsage().heapUsed + process.memoryUsage().external - before
    log.trim(59)
    collect()
    const left = process.memoryUsage().heapUsed + process.memoryUsage().external - before
    expect(held - left).toBeGreaterThan(50 * megabyte)
    expect(log.read(0, 10, 2 * megabyte)).toHaveLength(1)
  })
})
