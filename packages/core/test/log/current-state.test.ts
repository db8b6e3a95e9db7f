import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockFold, type Fold, initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { LogHead } from '../../src/log/log-head.ts'
import type { LogBounds } from '../../src/log/log-window.ts'
import type { FoldStart } from '../../src/log/snapshot-plan.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'
import type { Append, EventQuery } from '../../src/store/index.ts'
import { recordWith } from '../http/records.ts'
import { arbitraryLog } from '../support/arbitrary-log.ts'

const whole: EventQuery = { from: 0, limit: 1e9, maxBytes: 1e9, folds: ['other@1', 'blocks@1'] }
const smaller: EventQuery = { ...whole, prefer: 'smaller' }

/** Writes a log the way its writer does, every append accepted. */
function writtenLog({
  bounds = { maxEvents: 1e9, maxBytes: 1e9 },
  fold = blockFold as Fold,
  start = { state: fold.initial, at: 0 },
}: {
  bounds?: LogBounds
  fold?: Fold
  start?: FoldStart | null
} = {}) {
  const errors: unknown[] = []
  const task = recordWith({ nextIdx: 0 })
  const head = new LogHead(
    { task, token: '1:a', fold: start },
    { bounds, fold, onFoldError: (error) => errors.push(error) },
  )
  const log: TaskEvent[] = []
  const write = (
    events: readonly Pick<TaskEvent, 'type' | 'data'>[],
    terms: Partial<Append> = {},
  ): Append => {
    const entries = events.map(({ type, data }) => ({
      type,
      json: JSON.stringify(data),
      data: data as Record<string, unknown>,
      ts: 1,
    }))
    const planned = head.plan(entries, terms)
    planned.accept({ ...planned.append, ...terms }, planned.append.at + events.length)
    log.push(...planned.append.events.map((text) => JSON.parse(text) as TaskEvent))
    return planned.append
  }
  return { head, log, errors, write }
}

const words = (count: number, content = 'word '): Pick<TaskEvent, 'type' | 'data'>[] =>
  Array.from({ length: count }, () => ({ type: 'text_chunk', data: { id: 'b1', content } }))

describe('the state of a log that is being written', () => {
  it('is that of all that is stored but for a small tail, however often it is asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(arbitraryLog, fc.boolean()), { maxLength: 12 }), (groups) => {
        // Every event goes at once, so that a reader from the beginning is behind.
        const { head, log, write } = writtenLog({ bounds: { maxEvents: 1, maxBytes: 1e9 } })
        for (const [events, isAsked] of groups) {
          write(events)
          if (!isAsked) continue
          const current = head.currentState(whole)
          if (current === null) expect(log.length).toBeLessThan(3)
          else {
            const { at, fold, state } = current.snapshot
            expect(fold).toBe('blocks@1')
            expect(JSON.parse(state)).toEqual(reduceEvents(initialBlocks, log.slice(0, at)))
            // What is behind it is in the log, and is next to nothing beside it.
            const tail = log.slice(at)
            expect(tail.length).toBeLessThanOrEqual(1)
            expect(JSON.stringify(tail).length - 2).toBeLessThanOrEqual(Math.max(0, state.length / 32))
          }
        }
      }),
    )
  })

  it('has its text made anew only when the tail behind it is worth it', () => {
    const { head, write } = writtenLog({ bounds: { maxEvents: 100, maxBytes: 1e9 } })
    write(words(1_000, 'x'.repeat(100)))
    const first = head.currentState(whole)?.snapshot
    expect(first?.at).toBe(1_000)
    write(words(5))
    expect(head.currentState(whole)?.snapshot).toBe(first)
    write(words(50))
    expect(head.currentState(whole)?.snapshot.at).toBe(1_055)
  })

  it('has its text made anew when events behind it have gone', () => {
    const { head, write } = writtenLog({ bounds: { maxEvents: 4, maxBytes: 1e9 } })
    write(words(100, 'x'.repeat(1_000)))
    expect(head.currentState(whole)?.snapshot.at).toBe(100)
    for (let idx = 100; idx < 110; idx++) write(words(1))
    expect(head.currentState(whole)?.snapshot.at).toBe(110)
  })

  it('costs readers who ask after every event no more than in proportion to the log', () => {
    const lengthsOf = (events: number): number => {
      const { head, write } = writtenLog({ bounds: { maxEvents: 10, maxBytes: 1e9 } })
      let made = 0
      let last: unknown
      for (let idx = 0; idx < events; idx++) {
        write(words(1))
        const snapshot = head.currentState(whole)?.snapshot
        if (snapshot !== last) made += snapshot?.state.length ?? 0
        last = snapshot
      }
      return made
    }
    expect(lengthsOf(4_000) / lengthsOf(2_000)).toBeLessThan(2.5)
  })

  it('is for a reader that is behind, or better off with it, and takes its fold', () => {
    const { head, write } = writtenLog({ bounds: { maxEvents: 400, maxBytes: 1e9 } })
    write(words(200))
    expect(head.currentState(smaller)).toBeNull()
    write(words(100))
    expect(head.currentState(whole)).toBeNull()
    expect(head.currentState(smaller)?.snapshot.at).toBe(300)
    expect(head.currentState({ ...smaller, from: 100 })).toBeNull()
    write(words(300))
    write(words(300))
    expect(head.currentState(whole)?.snapshot.at).toBe(900)
    expect(head.currentState({ ...whole, folds: ['other@1'] })).toBeNull()
    expect(head.currentState({ from: 0, limit: 1, maxBytes: 1 })).toBeNull()
    expect(head.currentState({ ...smaller, from: 800 })).toBeNull()
  })

  it('is not for one that is better off with the events', () => {
    const fold: Fold<{ count: number; drawing: string }> = {
      name: 'large@1',
      initial: { count: 0, drawing: '' },
      reduce({ count }, events) {
        const read = count + events.length
        return { count: read, drawing: 'x'.repeat(read > 300 ? 100_000 : 0) }
      },
    }
    const { head, write } = writtenLog({ fold: fold as Fold })
    write(words(300))
    const asked = { ...smaller, folds: ['large@1'] }
    expect(head.currentState(asked)?.snapshot.at).toBe(300)
    write(words(10))
    expect(head.currentState(asked)).toBeNull()
  })

  it('names the epoch that its log goes on in', () => {
    const { head, write } = writtenLog({ bounds: { maxEvents: 10, maxBytes: 1e9 } })
    write(words(20))
    expect(head.currentState(whole)?.epoch).toBe('e1')
    write(words(1), { newEpoch: 'e2' })
    expect(head.currentState(whole)?.epoch).toBe('e2')
  })

  it("is nobody's where the history is lost, or the reducer throws, which is told once", () => {
    const lost = writtenLog({ start: null, bounds: { maxEvents: 10, maxBytes: 1e9 } })
    lost.write(words(20))
    expect(lost.head.currentState(whole)).toBeNull()

    const fold: Fold = { name: 'blocks@1', initial: 1n, reduce: (state) => state }
    const { head, errors, write } = writtenLog({ fold })
    write(words(300))
    for (let asked = 0; asked < 2; asked++) expect(head.currentState(smaller)).toBeNull()
    expect(errors).toHaveLength(1)
  })
})

describe('the last append of a log', () => {
  const final = { status: 'succeeded' } as const

  it('carries the state, for from then on nobody has it at hand', () => {
    const { log, write } = writtenLog()
    write(words(1_000, 'x'.repeat(100)))
    expect(write(words(100)).snapshot).toBeUndefined()
    const { snapshot } = write(words(1), { final })
    expect(snapshot?.at).toBe(1_101)
    expect(JSON.parse(snapshot?.state ?? '')).toEqual(reduceEvents(initialBlocks, log))
  })

  it('does so neither of a short log nor behind a small tail', () => {
    const short = writtenLog()
    short.write(words(200))
    expect(short.write(words(1), { final }).snapshot).toBeUndefined()
    const long = writtenLog()
    expect(long.write(words(1_000, 'x'.repeat(100))).snapshot?.at).toBe(1_000)
    expect(long.write(words(1), { final }).snapshot).toBeUndefined()
  })
})
