import { describe, expect, it } from 'vitest'
import { type MakeStore, useStore } from './harness.ts'
import { describeQueuePositions } from './queue-positions.ts'
import {
  acquire,
  append,
  create,
  createRunning,
  draftOf,
  event,
  finish,
  load,
  reject,
  stop,
  tryAcquire,
} from './task-steps.ts'

const queue = { policy: 'queue', max: 2 } as const
const replace = { policy: 'replace' } as const

/** Scopes, what happens when one is taken, and idempotency keys. */
export function describeActiveTask(makeStore: MakeStore): void {
  describe('activeTask', () => {
    const open = useStore(makeStore)

    it('rejects a second task and answers the one that holds the scope', async () => {
      const holder = await create(open.store, { scope: 's1' })
      const draft = draftOf(open.store, { scope: 's1' })
      expect(await open.store.createTask(draft, reject)).toEqual({ outcome: 'conflict', task: holder })
      expect(await open.store.getTask(draft.id)).toBeNull()
      await create(open.store, { scope: 's2' })
    })

    it('sets no limit without a scope', async () => {
      for (const task of [await create(open.store), await create(open.store)]) {
        expect(task).toMatchObject({ scope: null, holdsSlot: true })
      }
    })

    it('frees the scope with the final append', async () => {
      const claim = await createRunning(open.store, { scope: 's1' })
      expect(await finish(open.store, claim)).not.toHaveProperty('promoted')
      expect(await create(open.store, { scope: 's1' })).toMatchObject({ holdsSlot: true })
    })

    it('keeps the scope while a stopped task has not ended', async () => {
      const holder = await create(open.store, { scope: 's1' })
      await open.store.signal(holder.id, stop)
      const answer = await open.store.createTask(draftOf(open.store, { scope: 's1' }), reject)
      expect(answer).toMatchObject({
        outcome: 'conflict',
        task: { id: holder.id, status: 'cancel_requested' },
      })
    })

    it('attaches to the task that holds the scope', async () => {
      const draft = draftOf(open.store, { scope: 's1' })
      expect(await open.store.createTask(draft, { policy: 'attach' })).toMatchObject({ outcome: 'created' })
      const second = draftOf(open.store, { scope: 's1' })
      const answer = await open.store.createTask(second, { policy: 'attach' })
      expect(answer).toMatchObject({ outcome: 'attached', task: { id: draft.id } })
      expect(await open.store.getTask(second.id)).toBeNull()
    })

    it('queues tasks up to the given number and promotes them in order, one at a time', async () => {
      const first = await createRunning(open.store, { scope: 's1' })
      const second = await create(open.store, { scope: 's1' }, queue)
      const third = await create(open.store, { scope: 's1' }, queue)
      expect(second).toMatchObject({ holdsSlot: false, status: 'pending' })
      const draft = draftOf(open.store, { scope: 's1' })
      expect(await open.store.createTask(draft, queue)).toEqual({ outcome: 'queue_full' })
      expect(await open.store.getTask(draft.id)).toBeNull()
      expect(await tryAcquire(open.store, second.id)).toEqual({ outcome: 'queued' })

      expect(await finish(open.store, first)).toMatchObject({ promoted: second.id })
      const promoted = await load(open.store, second.id)
      expect(promoted).toMatchObject({ holdsSlot: true, status: 'pending' })
      expect(promoted.revision).toBeGreaterThan(second.revision)
      expect(await load(open.store, third.id)).toMatchObject({ holdsSlot: false })
      expect(await finish(open.store, await acquire(open.store, second.id))).toMatchObject({
        promoted: third.id,
      })
      expect(await finish(open.store, await acquire(open.store, third.id))).not.toHaveProperty('promoted')
    })

    it('promotes nobody when a task ends that held no slot, and forgets it in the queue', async () => {
      const first = await createRunning(open.store, { scope: 's1' })
      const second = await create(open.store, { scope: 's1' }, queue)
      const third = await create(open.store, { scope: 's1' }, queue)
      const claim = await acquire(open.store, second.id, { purpose: 'finish' })
      expect(await finish(open.store, claim, 0, { status: 'canceled' })).not.toHaveProperty('promoted')
      expect(await load(open.store, third.id)).toMatchObject({ holdsSlot: false })
      expect(await finish(open.store, first)).toMatchObject({ promoted: third.id })
    })

    it('passes over a queued task that was stopped', async () => {
      const first = await createRunning(open.store, { scope: 's1' })
      const second = await create(open.store, { scope: 's1' }, queue)
      const third = await create(open.store, { scope: 's1' }, queue)
      expect(await open.store.signal(second.id, stop)).toMatchObject({ outcome: 'accepted', owned: false })
      expect(await finish(open.store, first)).toMatchObject({ promoted: third.id })
      expect(await load(open.store, second.id)).toMatchObject({
        holdsSlot: false,
        status: 'cancel_requested',
      })
    })

    it('replaces: stops the holder and the queued ones, and queues the new one first', async () => {
      const first = await createRunning(open.store, { scope: 's1' })
      const second = await create(open.store, { scope: 's1' }, queue)
      const third = await create(open.store, { scope: 's1' }, replace)
      expect(third).toMatchObject({ holdsSlot: false, status: 'pending', stop: null })
      for (const id of [first.task.id, second.id]) {
        const stopped = await load(open.store, id)
        expect(stopped).toMatchObject({
          status: 'cancel_requested',
          stop: { reason: 'replaced', actor: 'ann' },
        })
      }
      const fourth = await create(open.store, { scope: 's1' }, queue)
      expect(await tryAcquire(open.store, third.id)).toEqual({ outcome: 'queued' })

      const [check] = await open.store.checkLeases([{ taskId: first.task.id, token: first.token }])
      expect(check).toMatchObject({ state: 'held', signals: [{ kind: 'stop', reason: 'replaced' }] })
      expect(await finish(open.store, first, 0, { status: 'canceled' })).toMatchObject({ promoted: third.id })
      expect(await finish(open.store, await acquire(open.store, third.id))).toMatchObject({
        promoted: fourth.id,
      })
    })

    it('takes the scope at once with replace when it is free', async () => {
      expect(await create(open.store, { scope: 's1' }, replace)).toMatchObject({ holdsSlot: true })
    })

    it('keeps the first stop when a task is replaced that was stopped before', async () => {
      const first = await create(open.store, { scope: 's1' })
      await open.store.signal(first.id, stop)
      await create(open.store, { scope: 's1' }, replace)
      expect(await load(open.store, first.id)).toMatchObject({ stop: { reason: 'user' } })
    })

    describeQueuePositions(open)

    describe('idempotency keys', () => {
      const idempotency = { key: 'k1', bodyHash: 'h1', ttlMs: 60_000 }

      it('lead to the first task, before any rule of the scope, also when it has ended', async () => {
        const claim = await createRunning(open.store, { scope: 's1', idempotency })
        const again = () => open.store.createTask(draftOf(open.store, { scope: 's1', idempotency }), reject)
        expect(await again()).toEqual({ outcome: 'same_key', task: await load(open.store, claim.task.id) })
        await finish(open.store, claim)
        expect(await again()).toMatchObject({ outcome: 'same_key', task: { status: 'succeeded' } })
      })

      it('come after the id: the repeated create itself answers created', async () => {
        const draft = draftOf(open.store, { idempotency })
        await open.store.createTask(draft, reject)
        expect(await open.store.createTask(draft, reject)).toMatchObject({ outcome: 'created' })
      })

      it('are refused with another body', async () => {
        await create(open.store, { idempotency })
        const other = draftOf(open.store, { idempotency: { ...idempotency, bodyHash: 'h2' } })
        expect(await open.store.createTask(other, reject)).toEqual({ outcome: 'key_mismatch' })
        expect(await open.store.getTask(other.id)).toBeNull()
      })

      it('belong to one user and one type', async () => {
        await create(open.store, { idempotency })
        await create(open.store, { idempotency, userId: 'bob' })
        await create(open.store, { idempotency, type: 'images' })
        // Parts that join to the same text are still other keys.
        await create(open.store, { idempotency: { ...idempotency, key: 'c:k' }, userId: 'a', type: 'b' })
        await create(open.store, { idempotency: { ...idempotency, key: 'k' }, userId: 'a', type: 'b:c' })
      })

      it('outlive their task, and answer null once it was deleted', async () => {
        const claim = await createRunning(open.store, { idempotency })
        await finish(open.store, claim)
        expect(await open.store.deleteTask(claim.task.id)).toBe('deleted')
        const again = await open.store.createTask(draftOf(open.store, { idempotency }), reject)
        expect(again).toEqual({ outcome: 'same_key', task: null })
      })

      it('expire', async () => {
        await create(open.store, { idempotency })
        await open.clock.advance(59_999)
        expect(await open.store.createTask(draftOf(open.store, { idempotency }), reject)).toMatchObject({
          outcome: 'same_key',
        })
        await open.clock.advance(1)
        await create(open.store, { idempotency })
      })

      it('are not used up by a create that was refused', async () => {
        const claim = await createRunning(open.store, { scope: 's1' })
        const draft = () => draftOf(open.store, { scope: 's1', idempotency })
        expect(await open.store.createTask(draft(), reject)).toMatchObject({ outcome: 'conflict' })
        expect(await open.store.createTask(draft(), { policy: 'queue', max: 0 })).toEqual({
          outcome: 'queue_full',
        })
        await finish(open.store, claim)
        expect(await open.store.createTask(draft(), reject)).toMatchObject({ outcome: 'created' })
      })

      it('lead to the task that the first create was attached to', async () => {
        const claim = await createRunning(open.store, { scope: 's1' })
        const draft = () => draftOf(open.store, { scope: 's1', idempotency })
        expect(await open.store.createTask(draft(), { policy: 'attach' })).toMatchObject({
          outcome: 'attached',
        })
        await append(open.store, claim, { at: 0, events: [event(0)], final: { status: 'succeeded' } })
        const again = await open.store.createTask(draft(), { policy: 'attach' })
        expect(again).toMatchObject({ outcome: 'same_key', task: { id: claim.task.id } })
      })
    })
  })
}
