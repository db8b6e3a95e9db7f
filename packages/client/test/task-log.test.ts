import { reduceEvents } from '@outlast/core/blocks'
import type { EventPage, TaskEvent } from '@outlast/core/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyPage, emptyLog, type TaskLog } from '../src/task-log.ts'
import { makeTask } from './support/fake-server.ts'

const anyEvent = fc.oneof(
  fc.constantFrom('a', 'b ', 'ç').map((content) => ({ type: 'text_chunk', data: { content } })),
  fc.constant({ type: 'text_end', data: {} }),
  fc.constantFrom('x', 'y').map((content) => ({ type: 'thinking_chunk', data: { content } })),
  fc.constantFrom('1', '2').map((id) => ({ type: 'tool_start', data: { id, name: 'tool' } })),
  fc.constantFrom('1', '2').map((id) => ({ type: 'update_action', data: { id, status: 'completed' } })),
  fc.constant({ type: 'x_own', data: { n: 1 } }),
)
const anyEvents: fc.Arbitrary<TaskEvent[]> = fc
  .array(anyEvent, { maxLength: 40 })
  .map((events) => events.map((event, idx) => ({ ...event, idx, ts: idx })))

/** The page of a log that is asked from an idx on, and cut after `size` events. */
function pageOf(
  events: readonly TaskEvent[],
  from: number,
  size: number,
  fields: Partial<EventPage> = {},
): EventPage {
  const sent = events.slice(from, from + size)
  const next = from + sent.length
  return {
    ...makeTask(),
    events: sent,
    next_offset: next,
    first_idx: 0,
    epoch: 'e1',
    up_to_date: next === events.length,
    truncated: false,
    poll_interval_ms: 150,
    viewer: 'v1',
    snapshot: null,
    ...fields,
  }
}

const apply = (log: TaskLog, page: EventPage): TaskLog => {
  const applied = applyPage(log, page)
  if (applied === null) throw new Error('the page did not fit')
  return applied
}

const states = ({ blocks }: TaskLog): unknown => JSON.parse(JSON.stringify(blocks))

describe('applyPage', () => {
  test('pages that overlap in any way make the same blocks as the log at once', () => {
    fc.assert(
      fc.property(
        anyEvents,
        fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 20 }),
        (events, cuts) => {
          let log = emptyLog
          for (const [from, size] of [...cuts, [0, events.length] as const]) {
            log = apply(log, pageOf(events, Math.min(from, log.next), size))
          }
          expect(states(log)).toEqual(states(apply(emptyLog, pageOf(events, 0, events.length))))
          expect(log.next).toBe(events.length)
        },
      ),
    )
  })

  test('a page that begins behind the cursor does not fit, and changes nothing', () => {
    fc.assert(
      fc.property(anyEvents, fc.nat(40), fc.integer({ min: 1, max: 10 }), (events, known, gap) => {
        const log = apply(emptyLog, pageOf(events, 0, known))
        fc.pre(log.next + gap < events.length)
        expect(applyPage(log, pageOf(events, log.next + gap, events.length))).toBeNull()
      }),
    )
  })

  test('a snapshot at any point, sent as JSON, stands for the events before it', () => {
    fc.assert(
      fc.property(anyEvents, fc.nat(40), fc.nat(40), (events, at, known) => {
        fc.pre(at <= events.length)
        const before = apply(emptyLog, pageOf(events, 0, Math.min(known, at)))
        const state = JSON.parse(JSON.stringify(reduceEvents(emptyLog.blocks, events.slice(0, at))))
        const snapshot = { at, fold: 'blocks@1', state }
        const after = apply(before, pageOf(events, at, events.length, { first_idx: at, snapshot }))
        expect(states(after)).toEqual(states(apply(emptyLog, pageOf(events, 0, events.length))))
        expect(after.truncated).toBe(false)
      }),
    )
  })

  test('the snapshot of a fold that it does not know does not fit', () => {
    const snapshot = { at: 2, fold: 'other@1', state: {} }
    expect(applyPage(emptyLog, pageOf([], 0, 0, { snapshot, next_offset: 2 }))).toBeNull()
  })

  test.each([
    ['null', null],
    ['an array', []],
    ['empty', {}],
    ['a number', 5],
    ['of an unknown end', { ...emptyLog.blocks, next: '2' }],
    ['of more events than it stands for', { ...emptyLog.blocks, next: 3 }],
    ['without blocks', { ...emptyLog.blocks, blocks: null }],
    ['with a block that is none', { ...emptyLog.blocks, blocks: [null] }],
    ['with a block without a key', { ...emptyLog.blocks, blocks: [{ type: 'text' }] }],
    ['with a block without a type', { ...emptyLog.blocks, blocks: [{ key: 'text:0' }] }],
  ])('a snapshot whose state is %s is refused as an invalid response', (_, state) => {
    const page = pageOf([], 0, 0, { snapshot: { at: 2, fold: 'blocks@1', state }, next_offset: 2 })
    expect(() => applyPage(emptyLog, page)).toThrow(expect.objectContaining({ code: 'invalid_response' }))
  })

  test.each(['0', -1, 0.5, Number.POSITIVE_INFINITY, null, undefined])(
    'an event with the idx %o is refused, and not skipped for good',
    (idx) => {
      const event = { idx: idx as number, type: 'text_chunk', data: { content: 'lost' }, ts: 0 }
      const page = pageOf([], 0, 0, { events: [event], next_offset: 1 })
      expect(() => applyPage(emptyLog, page)).toThrow(expect.objectContaining({ code: 'invalid_response' }))
    },
  )

  test.each(['1', 0.5, Number.POSITIVE_INFINITY])('a page that ends at %o is refused', (end) => {
    const page = pageOf([], 0, 0, { next_offset: end as number, truncated: true })
    expect(() => applyPage(emptyLog, page)).toThrow(expect.objectContaining({ code: 'invalid_response' }))
  })

  test('scenario 3 · the watermark is set where the end of the log was first reached, and stays', () => {
    const events = Array.from({ length: 6 }, (_, idx) => ({ idx, type: 'x_own', data: {}, ts: 0 }))
    const half = apply(emptyLog, pageOf(events.slice(0, 4), 0, 2))
    expect(half).toMatchObject({ next: 2, watermark: null, upToDate: false })
    const end = apply(half, pageOf(events.slice(0, 4), 2, 2))
    expect(end).toMatchObject({ next: 4, watermark: 4, upToDate: true })
    expect(apply(end, pageOf(events, 4, 2))).toMatchObject({ next: 6, watermark: 4 })
  })

  test('scenario 6 · a loss stays told until a snapshot makes up for it', () => {
    const events = Array.from({ length: 8 }, (_, idx) => ({ idx, type: 'x_own', data: {}, ts: 0 }))
    const lost = apply(emptyLog, pageOf(events, 4, 2, { first_idx: 4, truncated: true }))
    expect(apply(lost, pageOf(events, 6, 1, { first_idx: 4 })).truncated).toBe(true)
    const state = reduceEvents(emptyLog.blocks, events.slice(0, 7))
    const page = pageOf(events, 7, 1, { first_idx: 7, snapshot: { at: 7, fold: 'blocks@1', state } })
    expect(apply(lost, page)).toMatchObject({ truncated: false, next: 8 })
  })
})
