import { describe, expect, it } from 'vitest'
import type { Signal } from '../../store/index.ts'
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
  stop,
  ttlMs,
} from './task-steps.ts'

const cancelTool: Signal = { kind: 'cancel_tool', key: 'tool:t1', actor: 'ann' }
const input: Extract<Signal, { kind: 'input' }> = {
  kind: 'input',
  key: 'input:q1',
  value: '{"yes":true}',
  actor: 'ann',
}

/** Stop requests, cancelled tools and answers on their way to whoever runs a task. */
export function describeSignals(makeStore: MakeStore): void {
  describe('signals', () => {
    const open = useStore(makeStore)

    it('sets cancel_requested with a stop, and records why, by whom and when', async () => {
      const claim = await createRunning(open.store)
      await open.clock.advance(1_234)
      const answer = await open.peer.signal(claim.task.id, stop)
      expect(answer).toEqual({ outcome: 'accepted', owned: true, status: 'cancel_requested' })
      expect(await load(open.store, claim.task.id)).toMatchObject({
        status: 'cancel_requested',
        stop: { reason: 'user', actor: 'ann', at: open.clock.now() / 1_000 },
      })
    })

    it('says that a stopped task has no owner, so that the caller ends it', async () => {
      const task = await create(open.store)
      expect(await open.store.signal(task.id, stop)).toEqual({
        outcome: 'accepted',
        owned: false,
        status: 'cancel_requested',
      })
      const claim = await acquire(open.store, task.id, { purpose: 'finish' })
      expect(claim.signals).toEqual([stop])
      await finish(open.store, claim, 0, { status: 'canceled' })
      expect(await load(open.store, task.id)).toMatchObject({
        status: 'canceled',
        attempt: 0,
        startedAt: null,
      })
    })

    it('counts an expired lease that nobody took as an owner, and a released one not', async () => {
      const expired = await createRunning(open.store)
      const released = await createRunning(open.store)
      await open.store.releaseLease(released.task.id, released.token, { refundAttempt: false })
      await open.clock.advance(ttlMs + 1)
      expect(await open.store.signal(expired.task.id, stop)).toMatchObject({ owned: true })
      expect(await open.store.signal(released.task.id, stop)).toMatchObject({ owned: false })
    })

    it('lets the first write of a key win', async () => {
      const claim = await createRunning(open.store)
      await open.store.signal(claim.task.id, stop)
      const { revision } = await load(open.store, claim.task.id)
      const second = { ...stop, reason: 'other', actor: 'bob' }
      expect(await open.peer.signal(claim.task.id, second)).toEqual({
        outcome: 'already',
        owned: true,
        status: 'cancel_requested',
      })
      await open.store.signal(claim.task.id, input)
      expect(await open.store.signal(claim.task.id, { ...input, value: 'false' })).toMatchObject({
        outcome: 'already',
      })
      expect(await load(open.store, claim.task.id)).toMatchObject({ revision, stop: { reason: 'user' } })
      const [lease] = await open.store.checkLeases([{ taskId: claim.task.id, token: claim.token }])
      expect(lease).toMatchObject({ signals: [stop, input] })
    })

    it('hands signals out with a lease check, an append and a claim until an append settles them', async () => {
      const claim = await createRunning(open.store)
      const { id } = claim.task
      for (const signal of [cancelTool, input, stop]) await open.store.signal(id, signal)
      const check = async (): Promise<unknown> =>
        (await open.store.checkLeases([{ taskId: id, token: claim.token }]))[0]
      expect(await check()).toEqual({ taskId: id, state: 'held', signals: [cancelTool, input, stop] })
      const settled = await append(open.store, claim, {
        at: 0,
        events: events(0, 1),
        settles: ['tool:t1', 'stop'],
      })
      expect(settled).toEqual({ outcome: 'ok', nextIdx: 1, signals: [input] })
      expect(await check()).toEqual({ taskId: id, state: 'held', signals: [input] })

      await open.store.releaseLease(id, claim.token, { refundAttempt: false })
      expect((await acquire(open.store, id, { purpose: 'finish' })).signals).toEqual([input])
    })

    it('hands them to whoever takes the task over from an owner that died', async () => {
      const old = await createRunning(open.store)
      const { id } = old.task
      await append(open.store, old, { at: 0, events: events(0, 1) })
      for (const signal of [input, stop]) await open.peer.signal(id, signal)
      await open.clock.advance(ttlMs + 1)
      const seen = { token: old.token, beat: 0 }
      const taken = await acquire(open.peer, id, { purpose: 'finish', seen })
      expect(taken.signals).toEqual([input, stop])
      expect(taken.task).toMatchObject({ status: 'cancel_requested', stop: { reason: 'user', actor: 'ann' } })
    })

    it('does not accept a settled key again', async () => {
      const claim = await createRunning(open.store)
      await open.store.signal(claim.task.id, input)
      await append(open.store, claim, { at: 0, events: [event(0)], settles: ['input:q1'] })
      expect(await open.store.signal(claim.task.id, input)).toMatchObject({ outcome: 'already' })
      const outcome = await append(open.store, claim, { at: 1, events: [event(1)] })
      expect(outcome).toMatchObject({ signals: [] })
    })

    it('accepts a settled cancel_tool again, and hands it out', async () => {
      const claim = await createRunning(open.store)
      const { id } = claim.task
      await open.store.signal(id, cancelTool)
      expect(await open.store.signal(id, cancelTool)).toMatchObject({ outcome: 'already' })
      await append(open.store, claim, { at: 0, events: [event(0)], settles: ['tool:t1'] })
      const again: Signal = { ...cancelTool, actor: 'bob' }
      expect(await open.peer.signal(id, again)).toMatchObject({ outcome: 'accepted' })
      const [lease] = await open.store.checkLeases([{ taskId: id, token: claim.token }])
      expect(lease).toMatchObject({ signals: [again] })
      const settled = await append(open.store, claim, { at: 1, events: [event(1)], settles: ['tool:t1'] })
      expect(settled).toMatchObject({ outcome: 'ok', signals: [] })
    })

    it('keeps signals that were sent before anybody ran the task', async () => {
      const task = await create(open.store)
      expect(await open.store.signal(task.id, input)).toMatchObject({
        outcome: 'accepted',
        status: 'pending',
      })
      expect((await acquire(open.store, task.id)).signals).toEqual([input])
    })

    it('leaves status and stop alone with a signal that is no stop', async () => {
      const claim = await createRunning(open.store)
      await open.store.signal(claim.task.id, cancelTool)
      await open.store.signal(claim.task.id, input)
      expect(await load(open.store, claim.task.id)).toMatchObject({ status: 'running', stop: null })
    })

    it('answers finished and not_found for what can no longer be signalled', async () => {
      const task = await createFinished(open.store)
      for (const signal of [stop, input]) {
        const answer = await open.store.signal(task.id, signal)
        expect(answer).toEqual({ outcome: 'finished', owned: false, status: 'succeeded' })
      }
      expect(await load(open.store, task.id)).toEqual(task)
      expect(await open.store.signal(open.store.newTaskId('ann'), stop)).toMatchObject({
        outcome: 'not_found',
        owned: false,
      })
    })

    it('is not changed by a caller that changes the signal it sent', async () => {
      const claim = await createRunning(open.store)
      const sent: Signal & { reason?: string } = { ...stop }
      await open.store.signal(claim.task.id, sent)
      sent.reason = 'changed'
      const [lease] = await open.store.checkLeases([{ taskId: claim.task.id, token: claim.token }])
      expect(lease).toMatchObject({ signals: [stop] })
    })
  })
}
