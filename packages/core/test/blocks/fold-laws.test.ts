import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockFolder, type BlocksState, initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { checkEventData, isBuiltinEventType, type TaskEvent } from '../../src/protocol/index.ts'
import { arbitraryGarbage, arbitraryHostileLog } from '../support/arbitrary-hostile-log.ts'
import { arbitraryLog } from '../support/arbitrary-log.ts'

const anyLog = fc.oneof(arbitraryLog, arbitraryHostileLog)
const fold = (events: readonly TaskEvent[], state: BlocksState = initialBlocks): BlocksState =>
  reduceEvents(state, events)
const throughJson = (state: BlocksState): BlocksState => JSON.parse(JSON.stringify(state))

/** Freezes a state to its depth: a fold that wrote into what it was given would throw, and be seen as a difference. */
function frozen(state: BlocksState): BlocksState {
  for (const block of state.blocks) Object.freeze(block)
  Object.freeze(state.blocks)
  return Object.freeze(state)
}

describe('the generator of logs', () => {
  it('writes only events that a log accepts, numbered from 0, with nothing after the end', () => {
    fc.assert(
      fc.property(arbitraryLog, (log) => {
        for (const [at, { idx, type, data }] of log.entries()) {
          expect(idx).toBe(at)
          expect(checkEventData(type, data)).toBeNull()
          if (type === 'task_complete') expect(at).toBe(log.length - 1)
        }
      }),
    )
  })
})

describe('the generators of logs', () => {
  it.each([
    ['well-formed', arbitraryLog],
    ['hostile', arbitraryHostileLog],
  ])('write every type of event: %s', (_, logs) => {
    const types = new Set(
      fc.sample(logs, { numRuns: 2_000, seed: 1 }).flatMap((log) => log.map(({ type }) => type)),
    )
    expect([...types].filter(isBuiltinEventType)).toHaveLength(23)
    expect(types).toContain('hologram')
  })
})

describe('scenario 3 · folding a log in pieces', () => {
  it('gives the same as folding it at once, wherever it is cut, also when the state was serialised', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const whole = fold(log)
        for (let cut = 0; cut <= log.length; cut++) {
          const prefix = frozen(fold(log.slice(0, cut)))
          const tail = log.slice(cut)
          expect(fold(tail, prefix)).toEqual(whole)
          expect(fold(tail, throughJson(prefix))).toEqual(whole)
          // A state may be gone on from more than once: neither future disturbs the other.
          expect(fold(tail, prefix)).toEqual(whole)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('gives the same one event at a time, with every state serialised', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const folder = new BlockFolder()
        let live = initialBlocks
        let stored = initialBlocks
        for (const event of log) {
          folder.apply([event])
          live = fold([event], live)
          stored = throughJson(fold([event], stored))
        }
        expect(live).toEqual(fold(log))
        expect(stored).toEqual(live)
        expect(folder.state).toEqual(live)
      }),
    )
  })

  it('gives the same from pages that overlap, repeat or come late', () => {
    const page = fc.tuple(fc.nat(), fc.nat(15))
    fc.assert(
      fc.property(anyLog, fc.array(page), (log, pages) => {
        let state = initialBlocks
        for (const [from, size] of pages) {
          // A page may reach back as far as it likes, but not beyond what was read.
          const start = from % (state.next + 1)
          state = fold(log.slice(start, start + size), state)
        }
        expect(fold(log, state)).toEqual(fold(log))
      }),
    )
  })

  it('leaves every state that was shown before as it was', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.boolean()))
    fc.assert(
      fc.property(anyLog, steps, (log, steps) => {
        const folder = new BlockFolder()
        const shown: [state: BlocksState, text: string][] = []
        const keep = (state: BlocksState): number => shown.push([frozen(state), JSON.stringify(state)])
        let reduced = initialBlocks
        let at = 0
        for (const [size, isRead] of steps) {
          const events = log.slice(at, at + size)
          at += size
          folder.apply(events)
          reduced = fold(events, reduced)
          if (!isRead) continue
          keep(folder.state)
          keep(reduced)
        }
        folder.apply(log)
        fold(log, reduced)
        for (const [state, text] of shown) {
          expect(JSON.stringify(state)).toBe(text)
          // And it can be gone on from, however late.
          expect(fold(log, state)).toEqual(folder.state)
          const branch = new BlockFolder(state)
          branch.apply(log)
          expect(branch.state).toEqual(folder.state)
        }
      }),
    )
  })

  it('keeps what two futures of one state add apart', () => {
    fc.assert(
      fc.property(anyLog, anyLog, anyLog, (log, left, right) => {
        const futureOf = (tail: readonly TaskEvent[]): TaskEvent[] =>
          tail.map((event, at) => ({ ...event, idx: log.length + at }))
        const shared = frozen(fold(log))
        // A short step first, so that both futures have a state of their own to go on from.
        const leftState = fold(futureOf(left).slice(0, 2), shared)
        const rightState = fold(futureOf(right).slice(0, 2), shared)
        expect(fold(futureOf(left), leftState)).toEqual(fold([...log, ...futureOf(left)]))
        expect(fold(futureOf(right), rightState)).toEqual(fold([...log, ...futureOf(right)]))
      }),
    )
  })
})

describe('the state', () => {
  it('survives JSON unchanged', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const state = fold(log)
        expect(isDeepStrictEqual(throughJson(state), state)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('has a key of its own for every block, and its blocks in the order of their start', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const { blocks } = fold(log)
        expect(new Set(blocks.map((block) => block.key)).size).toBe(blocks.length)
        expect(blocks.map((block) => block.start)).toEqual(
          blocks.map((block) => block.start).toSorted((left, right) => left - right),
        )
      }),
    )
  })

  it('shows nothing as going on once the task has ended', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        const end = { idx: log.length, type: 'task_complete', data: { status: 'canceled' }, ts: 0 }
        const reset = {
          idx: log.length,
          type: 'attempt_reset',
          data: { attempt: 2, keep_before: 1e9 },
          ts: 0,
        }
        // After the reset no outcome stands, so this end is the one that counts.
        const { blocks, outcome } = fold([...log, reset, { ...end, idx: log.length + 1 }])
        expect(outcome?.status).toBe('canceled')
        for (const block of blocks) {
          if (block.type === 'text' || block.type === 'thinking') expect(block.open).toBe(false)
          if (block.type === 'tool') expect(['completed', 'failed', 'canceled']).toContain(block.status)
          if (block.type === 'input') expect(block.outcome).not.toBeNull()
        }
      }),
    )
  })

  it('shares the blocks that an event did not change', () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        let before = initialBlocks
        for (const event of log) {
          const after = frozen(fold([event], before))
          const same = after.blocks.filter((block) => before.blocks.includes(block)).length
          for (const [at, block] of after.blocks.entries()) {
            const old = before.blocks[at]
            if (old && isDeepStrictEqual(old, block) && event.type !== 'attempt_reset')
              expect(block).toBe(old)
          }
          // Only an end of a message or of the task touches more than one block.
          const closes = event.type === 'ai_message_start' || event.type === 'task_complete'
          if (!closes)
            expect(same).toBeGreaterThanOrEqual(Math.min(before.blocks.length, after.blocks.length) - 1)
          before = after
        }
      }),
    )
  })
})

describe('whatever it is fed', () => {
  it('never throws, and what it makes survives JSON', () => {
    fc.assert(
      fc.property(arbitraryGarbage, anyLog, (garbage, log) => {
        const state = fold(log, fold(garbage as TaskEvent[]))
        expect(isDeepStrictEqual(throughJson(state), state)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes something that is no list of events for none', () => {
    fc.assert(
      fc.property(fc.anything(), (events) => {
        fc.pre(!Array.isArray(events))
        expect(fold(events as TaskEvent[])).toBe(initialBlocks)
      }),
    )
  })

  it('goes on behind what is no event at all', () => {
    const chunk = { idx: 1, type: 'text_chunk', data: { content: 'still here' }, ts: 0 }
    const none = [null, 7, 'x', [], { idx: 0, type: null, data: {}, ts: 0 }] as unknown as TaskEvent[]
    expect(fold([...none, chunk])).toMatchObject({
      next: 2,
      blocks: [{ type: 'text', content: 'still here' }],
    })
  })

  it('leaves every prototype alone', () => {
    const data = JSON.parse('{"path":"__proto__","content":"x","id":"__proto__","__proto__":{"polluted":1}}')
    const types = [
      'append_payload',
      'append_payload',
      'tool_start',
      'text_chunk',
      'x_own',
      '__proto__',
      'constructor',
    ]
    const state = fold(types.map((type, idx) => ({ idx, type, data, ts: 0 })))
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(state.blocks.map(({ key }) => key)).toEqual([
      'payload:0',
      'tool:__proto__',
      'text:3',
      'custom:4',
      'custom:5',
      'custom:6',
    ])
    const [payload] = state.blocks
    if (payload?.type !== 'payload') throw new Error('the first block is a payload')
    expect(Object.hasOwn(payload.details, '__proto__')).toBe(true)
    expect((payload.details as { polluted?: unknown }).polluted).toBeUndefined()
  })
})
