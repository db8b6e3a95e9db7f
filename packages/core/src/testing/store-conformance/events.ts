import { describe, expect, it } from 'vitest'
import { type MakeStore, useStore } from './harness.ts'
import {
  acquire,
  append,
  create,
  createFinished,
  createRunning,
  event,
  events,
  finish,
  load,
  read,
  stop,
  write,
} from './task-steps.ts'

/** Appends and reads of a log. */
export function describeEvents(makeStore: MakeStore): void {
  describe('events', () => {
    const open = useStore(makeStore)

    it('returns the texts as they were sent, in order, from the idx asked for', async () => {
      const claim = await createRunning(open.store)
      await write(open.store, claim, 0, 3)
      await write(open.store, claim, 3, 2)
      const page = await read(open.store, claim.task.id, { from: 1 })
      expect(page).toMatchObject({ from: 1, snapshot: null, events: events(0, 5).slice(1) })
      expect(page.task).toEqual(await load(open.store, claim.task.id))
      expect(page.task).toMatchObject({ firstIdx: 0, nextIdx: 5 })
    })

    it('answers a read of an unknown task with null', async () => {
      const query = { from: 0, limit: 1, maxBytes: 1 }
      expect(await open.store.readEvents(open.store.newTaskId('ann'), query)).toBeNull()
    })

    it('reads an empty log, and a cursor at or beyond the end, as an empty page with the cursor kept', async () => {
      const claim = await createRunning(open.store)
      expect(await read(open.store, claim.task.id)).toMatchObject({ from: 0, events: [], snapshot: null })
      await write(open.store, claim, 0, 2)
      expect(await read(open.store, claim.task.id, { from: 2 })).toMatchObject({ from: 2, events: [] })
      expect(await read(open.store, claim.task.id, { from: 7 })).toMatchObject({ from: 7, events: [] })
    })

    it('returns at most `limit` events', async () => {
      const claim = await createRunning(open.store)
      await write(open.store, claim, 0, 5)
      expect((await read(open.store, claim.task.id, { from: 1, limit: 2 })).events).toEqual(events(1, 2))
    })

    it('counts bytes, not characters, and returns at least one event whatever its size', async () => {
      const claim = await createRunning(open.store)
      const texts = [event(0, 'é'.repeat(100)), event(1), event(2)]
      await append(open.store, claim, { at: 0, events: texts })
      const [first, second] = texts.map((text) => new TextEncoder().encode(text).length)
      const two = (first ?? 0) + (second ?? 0)
      const fetch = async (maxBytes: number): Promise<number> =>
        (await read(open.store, claim.task.id, { maxBytes })).events.length
      expect(await fetch(1)).toBe(1)
      expect(await fetch(two - 1)).toBe(1)
      expect(await fetch(two)).toBe(2)
      expect(await fetch(two + 1)).toBe(2)
    })

    it('answers a batch by position, and a refused element does not affect the others', async () => {
      const a = await createRunning(open.store)
      const b = await createRunning(open.store)
      const ended = await createRunning(open.store)
      await finish(open.store, ended)
      const unknown = open.store.newTaskId('ann')
      const outcomes = await open.store.append([
        { taskId: a.task.id, token: a.token, at: 0, events: events(0, 1) },
        { taskId: unknown, token: a.token, at: 0, events: events(0, 1) },
        { taskId: b.task.id, token: a.token, at: 0, events: events(0, 1) },
        { taskId: ended.task.id, token: ended.token, at: 1, events: events(1, 1) },
        { taskId: b.task.id, token: b.token, at: 4, events: events(4, 1) },
        { taskId: b.task.id, token: b.token, at: 0, events: events(0, 2) },
      ])
      expect(outcomes).toEqual([
        { outcome: 'ok', nextIdx: 1, signals: [] },
        { outcome: 'not_found' },
        { outcome: 'fenced' },
        { outcome: 'finished' },
        { outcome: 'gap', nextIdx: 0 },
        { outcome: 'ok', nextIdx: 2, signals: [] },
      ])
      expect((await read(open.store, b.task.id)).events).toEqual(events(0, 2))
      expect(await open.store.append([])).toEqual([])
    })

    it('applies two elements for one task in their order', async () => {
      const { task, token } = await createRunning(open.store)
      const outcomes = await open.store.append([
        { taskId: task.id, token, at: 0, events: events(0, 2) },
        { taskId: task.id, token, at: 2, events: events(2, 1) },
      ])
      expect(outcomes.map((outcome) => outcome.outcome)).toEqual(['ok', 'ok'])
      expect((await read(open.store, task.id)).events).toEqual(events(0, 3))
    })

    it('writes nothing of an element that it refuses', async () => {
      const claim = await createRunning(open.store)
      await write(open.store, claim, 0, 1)
      const before = await read(open.store, claim.task.id)
      const everything = {
        events: events(3, 1),
        carry: '{"a":1}',
        patch: { progress: '1' },
        snapshot: { at: 1, fold: 'f@1', state: '{}' },
        trimTo: 1,
        final: { status: 'failed' },
      } as const
      expect(await append(open.store, claim, { at: 3, ...everything })).toMatchObject({ outcome: 'gap' })
      await open.store.signal(claim.task.id, { kind: 'input', key: 'input:1', value: '1', actor: 'ann' })
      expect(
        await append(
          open.store,
          { ...claim, token: '0:wrong' },
          { at: 1, ...everything, settles: ['input:1'] },
        ),
      ).toEqual({ outcome: 'fenced' })
      expect(await read(open.store, claim.task.id)).toEqual(before)
      const own = [{ taskId: claim.task.id, token: claim.token }]
      expect(await open.store.checkLeases(own)).toMatchObject([
        { state: 'held', signals: [{ key: 'input:1' }] },
      ])
      await open.store.signal(claim.task.id, stop)
      const stopped = await read(open.store, claim.task.id)
      expect(
        await append(open.store, claim, {
          at: 1,
          ...everything,
          settles: ['input:1', 'stop'],
          unlessStopped: true,
        }),
      ).toMatchObject({ outcome: 'stopped', signals: [{ key: 'input:1' }, stop] })
      expect(await read(open.store, claim.task.id)).toEqual(stopped)
      expect(await open.store.checkLeases(own)).toMatchObject([
        { state: 'held', signals: [{ key: 'input:1' }, stop] },
      ])
    })

    it('answers the exact repeat of the last append with ok and writes it once', async () => {
      const claim = await createRunning(open.store)
      await write(open.store, claim, 0, 2)
      const again = { at: 2, events: events(2, 3), patch: { progress: '1' } }
      const first = await append(open.store, claim, again)
      const revision = (await load(open.store, claim.task.id)).revision
      expect(await append(open.store, claim, { ...again, events: [...again.events] })).toEqual(first)
      expect(await load(open.store, claim.task.id)).toMatchObject({ revision, nextIdx: 5 })
      expect((await read(open.store, claim.task.id)).events).toEqual(events(0, 5))
    })

    it('repeats an append whose events were trimmed by it, or stopped since, as ok', async () => {
      const claim = await createRunning(open.store)
      const again = {
        at: 0,
        events: events(0, 3),
        snapshot: { at: 3, fold: 'f@1', state: '{}' },
        trimTo: 3,
        unlessStopped: true,
      } as const
      expect(await append(open.store, claim, again)).toMatchObject({ outcome: 'ok', nextIdx: 3 })
      await open.store.signal(claim.task.id, stop)
      expect(await append(open.store, claim, again)).toMatchObject({ outcome: 'ok', nextIdx: 3 })
    })

    it('answers gap for anything else that is not at the end', async () => {
      const claim = await createRunning(open.store)
      await write(open.store, claim, 0, 2)
      await write(open.store, claim, 2, 3)
      const gap = { outcome: 'gap', nextIdx: 5 }
      expect(await append(open.store, claim, { at: 6, events: events(6, 1) })).toEqual(gap)
      expect(await append(open.store, claim, { at: 0, events: events(0, 2) })).toEqual(gap)
      expect(await append(open.store, claim, { at: 3, events: events(3, 2) })).toEqual(gap)
      expect(await append(open.store, claim, { at: 2, events: events(2, 3, 'other') })).toEqual(gap)
      expect(await append(open.store, claim, { at: 2, events: events(2, 2) })).toEqual(gap)
    })

    it('does not take the append of a former owner for a repeat', async () => {
      const first = await createRunning(open.store)
      await write(open.store, first, 0, 1)
      await open.store.releaseLease(first.task.id, first.token, { refundAttempt: false })
      const second = await acquire(open.store, first.task.id)
      expect(await append(open.store, second, { at: 0, events: events(0, 1) })).toMatchObject({
        outcome: 'gap',
      })
      expect(await append(open.store, first, { at: 0, events: events(0, 1) })).toEqual({ outcome: 'fenced' })
    })

    it('passes the gate of a repeated append without events anew', async () => {
      const claim = await createRunning(open.store)
      const gate = { at: 0, events: [], unlessStopped: true } as const
      expect(await append(open.store, claim, gate)).toMatchObject({ outcome: 'ok' })
      await open.store.signal(claim.task.id, stop)
      expect(await append(open.store, claim, gate)).toMatchObject({ outcome: 'stopped' })
    })

    it('refuses an append unless stopped once a stop is stored, also a settled one', async () => {
      const claim = await createRunning(open.store)
      await open.store.signal(claim.task.id, stop)
      const gated = { at: 0, events: events(0, 1), unlessStopped: true } as const
      expect(await append(open.store, claim, gated)).toEqual({ outcome: 'stopped', signals: [stop] })
      expect((await load(open.store, claim.task.id)).nextIdx).toBe(0)
      await append(open.store, claim, { at: 0, events: events(0, 1), settles: ['stop'] })
      expect(await append(open.store, claim, { ...gated, at: 1 })).toEqual({
        outcome: 'stopped',
        signals: [],
      })
    })

    it('is not gated by a signal that is no stop', async () => {
      const claim = await createRunning(open.store)
      await open.store.signal(claim.task.id, { kind: 'cancel_tool', key: 'tool:1', actor: 'ann' })
      const gated = { at: 0, events: events(0, 1), unlessStopped: true } as const
      expect(await append(open.store, claim, gated)).toMatchObject({ outcome: 'ok' })
    })

    it('keeps the carry, up to 64 kB, for whoever takes the task over', async () => {
      const claim = await createRunning(open.store)
      const carry = JSON.stringify('c'.repeat(64 * 1_024 - 2))
      await append(open.store, claim, { at: 0, events: events(0, 1), carry })
      await write(open.store, claim, 1, 1)
      await open.store.releaseLease(claim.task.id, claim.token, { refundAttempt: false })
      expect((await acquire(open.store, claim.task.id)).task.carry).toBe(carry)
    })

    it('ends a task in one step: events, status, result, slot and lease', async () => {
      const claim = await createRunning(open.store, { scope: 's1' })
      await open.clock.advance(5)
      const end = { at: 0, events: events(0, 2), final: { status: 'succeeded', result: '{"n":1}' } } as const
      expect(await append(open.store, claim, end)).toEqual({ outcome: 'ok', nextIdx: 2, signals: [] })
      const page = await read(open.store, claim.task.id)
      expect(page.events).toEqual(events(0, 2))
      expect(page.task).toMatchObject({
        status: 'succeeded',
        result: '{"n":1}',
        error: null,
        holdsSlot: false,
        finishedAt: open.clock.now(),
        nextIdx: 2,
      })
      const own = [{ taskId: claim.task.id, token: claim.token }]
      expect(await open.store.checkLeases(own, 1_000)).toEqual([{ taskId: claim.task.id, state: 'lost' }])
    })

    it('records the error of a failed end', async () => {
      const claim = await createRunning(open.store)
      const error = '{"message":"no","code":"runner_error"}'
      await finish(open.store, claim, 0, { status: 'failed', error })
      expect(await load(open.store, claim.task.id)).toMatchObject({ status: 'failed', error, result: null })
    })

    it('answers the repeat of the final append with ok, and any other with finished', async () => {
      const claim = await createRunning(open.store, { scope: 's1' })
      const next = await create(open.store, { scope: 's1' }, { policy: 'queue', max: 1 })
      const end = { at: 0, events: events(0, 1), final: { status: 'canceled' } } as const
      const first = await append(open.store, claim, end)
      expect(first).toEqual({ outcome: 'ok', nextIdx: 1, signals: [], promoted: next.id })
      const { revision } = await load(open.store, claim.task.id)
      expect(await append(open.store, claim, end)).toEqual(first)
      const late = { at: 1, events: events(1, 1) }
      expect(await append(open.store, claim, late)).toEqual({ outcome: 'finished' })
      const other = { ...end, events: events(0, 1, 'other'), final: { status: 'succeeded' } } as const
      expect(await append(open.store, claim, other)).toEqual({ outcome: 'finished' })
      expect(await append(open.store, { ...claim, token: '0:wrong' }, end)).toEqual({ outcome: 'finished' })
      expect(await load(open.store, claim.task.id)).toMatchObject({ status: 'canceled', revision })
    })

    it('shows all events to whoever sees the final status', async () => {
      const task = await createFinished(open.store)
      const page = await read(open.peer, task.id)
      expect(page.task.status).toBe('succeeded')
      expect(page.events).toHaveLength(page.task.nextIdx)
    })
  })
}
