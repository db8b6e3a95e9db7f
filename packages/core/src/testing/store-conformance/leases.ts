import { describe, expect, it } from 'vitest'
import { type MakeStore, useStore } from './harness.ts'
import {
  acquire,
  append,
  create,
  createFinished,
  createRunning,
  draftOf,
  event,
  finish,
  load,
  reject,
  stop,
  tryAcquire,
  ttlMs,
  write,
} from './task-steps.ts'

const queue = { policy: 'queue', max: 5 } as const

/** Who may run a task, and who finds the tasks that nobody runs. */
export function describeLeases(makeStore: MakeStore): void {
  describe('leases', () => {
    const open = useStore(makeStore)

    it('gives a run its token, attempt, input and session, and sets running', async () => {
      const draft = draftOf(open.store, { input: '{"a":1}', session: '{"s":1}' })
      await open.store.createTask(draft, reject)
      await open.clock.advance(50)
      const claim = await acquire(open.peer, draft.id)
      expect(claim).toMatchObject({ outcome: 'acquired', input: '{"a":1}', session: '{"s":1}', signals: [] })
      expect(claim.token).toMatch(/^\d+:.{10,}$/)
      expect(claim.task).toEqual(await load(open.store, draft.id))
      expect(claim.task).toMatchObject({ status: 'running', attempt: 1, startedAt: open.clock.now() })
    })

    it('gives a finish the task as it is: no attempt, no start', async () => {
      const task = await create(open.store)
      const claim = await acquire(open.store, task.id, { purpose: 'finish' })
      expect(claim.task).toMatchObject({ status: 'pending', attempt: 0, startedAt: null })
      expect(await tryAcquire(open.store, task.id)).toEqual({ outcome: 'held' })
    })

    it('runs a task only with its slot, and finishes it without', async () => {
      await create(open.store, { scope: 's1' })
      const waiting = await create(open.store, { scope: 's1' }, queue)
      expect(await tryAcquire(open.store, waiting.id)).toEqual({ outcome: 'queued' })
      expect(await load(open.store, waiting.id)).toEqual(waiting)
      await acquire(open.store, waiting.id, { purpose: 'finish' })
    })

    it('keeps cancel_requested when a stopped task is acquired for a run', async () => {
      const task = await create(open.store)
      await open.store.signal(task.id, stop)
      const claim = await acquire(open.store, task.id)
      expect(claim.task).toMatchObject({ status: 'cancel_requested', attempt: 1 })
      expect(claim.signals).toEqual([stop])
    })

    it('answers held, finished and not_found', async () => {
      const claim = await createRunning(open.store)
      for (const purpose of ['run', 'finish'] as const) {
        expect(await tryAcquire(open.peer, claim.task.id, { purpose })).toEqual({ outcome: 'held' })
      }
      const ended = await createFinished(open.store)
      expect(await tryAcquire(open.store, ended.id, { purpose: 'finish' })).toEqual({ outcome: 'finished' })
      const unknown = open.store.newTaskId('ann')
      expect(await tryAcquire(open.store, unknown)).toEqual({ outcome: 'not_found' })
    })

    it('repeats the same answer to the same claimId, and counts one attempt', async () => {
      const task = await create(open.store)
      const first = await acquire(open.store, task.id, { claimId: 'c1' })
      expect(await acquire(open.peer, task.id, { claimId: 'c1' })).toEqual(first)
      expect(await load(open.store, task.id)).toEqual(first.task)
    })

    it('gives a released lease to no late copy of the request that got it', async () => {
      const task = await create(open.store)
      const first = await acquire(open.store, task.id, { claimId: 'c1' })
      await open.store.releaseLease(task.id, first.token, { refundAttempt: false })
      const late = await acquire(open.store, task.id, { claimId: 'c1' })
      expect(late.token).toBe(first.token)
      expect(await append(open.store, late, { at: 0, events: [event(0)] })).toEqual({ outcome: 'fenced' })
      expect(await load(open.store, task.id)).toMatchObject({ status: 'pending', attempt: 1 })
    })

    it('takes an expired lease over only from who was seen, token and beat', async () => {
      const old = await createRunning(open.store)
      const { id } = old.task
      await open.store.checkLeases([{ taskId: id, token: old.token }], ttlMs)
      const seen = { token: old.token, beat: 1 }
      expect(await tryAcquire(open.peer, id, { seen })).toEqual({ outcome: 'held' })
      await open.clock.advance(ttlMs + 1)
      expect(await tryAcquire(open.peer, id)).toEqual({ outcome: 'held' })
      expect(await tryAcquire(open.peer, id, { seen: { ...seen, beat: 0 } })).toEqual({ outcome: 'held' })
      expect(await tryAcquire(open.peer, id, { seen: { ...seen, token: '1:x' } })).toEqual({
        outcome: 'held',
      })

      const taken = await acquire(open.peer, id, { seen })
      expect(taken.token).not.toBe(old.token)
      expect(taken.task).toMatchObject({ status: 'running', attempt: 2, startedAt: old.task.startedAt })
      // The same sight is worth nothing a second time.
      expect(await tryAcquire(open.store, id, { seen })).toEqual({ outcome: 'held' })
    })

    it('compares tokens whole: the same counter with another random part is another token', async () => {
      const claim = await createRunning(open.store)
      const [counter] = claim.token.split(':')
      const forged = { ...claim, token: `${counter}:another-random-part` }
      expect(await append(open.store, forged, { at: 0, events: [event(0)] })).toEqual({ outcome: 'fenced' })
      const own = [{ taskId: claim.task.id, token: forged.token }]
      expect(await open.store.checkLeases(own, ttlMs)).toMatchObject([{ state: 'lost' }])
    })

    it('gives a new token with every acquire, also after a release', async () => {
      const task = await create(open.store)
      const tokens = new Set<string>()
      for (let i = 0; i < 5; i++) {
        const { token } = await acquire(open.store, task.id)
        tokens.add(token)
        await open.store.releaseLease(task.id, token, { refundAttempt: true })
      }
      expect(tokens.size).toBe(5)
    })

    it('refuses everything to a token that was taken over', async () => {
      const old = await createRunning(open.store)
      const { id } = old.task
      await write(open.store, old, 0, 1)
      await open.clock.advance(ttlMs + 1)
      const taken = await acquire(open.peer, id, { purpose: 'finish', seen: { token: old.token, beat: 0 } })
      const before = await load(open.store, id)
      expect(await append(open.store, old, { at: 1, events: [event(1)] })).toEqual({ outcome: 'fenced' })
      expect(await append(open.store, old, { at: 0, events: [event(0)] })).toEqual({ outcome: 'fenced' })
      expect(await open.store.releaseLease(id, old.token, { refundAttempt: true })).toBe('fenced')
      const own = [old, taken].map(({ token }) => ({ taskId: id, token }))
      expect(await open.store.checkLeases(own, ttlMs)).toEqual([
        { taskId: id, state: 'lost' },
        { taskId: id, state: 'held', signals: [] },
      ])
      expect(await load(open.store, id)).toEqual(before)
    })

    it('renews an expired lease that nobody took, and lets its owner write', async () => {
      const claim = await createRunning(open.store)
      await open.clock.advance(ttlMs * 2)
      await write(open.store, claim, 0, 1)
      const own = [{ taskId: claim.task.id, token: claim.token }]
      expect(await open.store.checkLeases(own, ttlMs)).toEqual([
        { taskId: claim.task.id, state: 'held', signals: [] },
      ])
      const seen = { token: claim.token, beat: 0 }
      expect(await tryAcquire(open.store, claim.task.id, { seen })).toEqual({ outcome: 'held' })
    })

    it('changes nothing when leases are checked without renewal', async () => {
      const claim = await createRunning(open.store)
      await open.clock.advance(ttlMs - 1)
      const own = [{ taskId: claim.task.id, token: claim.token }]
      expect(await open.store.checkLeases(own)).toMatchObject([{ state: 'held' }])
      await open.clock.advance(2)
      await acquire(open.peer, claim.task.id, { seen: { token: claim.token, beat: 0 } })
    })

    it('answers the check of leases by position, and lost for what is unknown or ended', async () => {
      const a = await createRunning(open.store)
      const b = await createRunning(open.store)
      await finish(open.store, a)
      const unknown = open.store.newTaskId('ann')
      const own = [
        { taskId: unknown, token: '1:x' },
        { taskId: b.task.id, token: b.token },
        { taskId: a.task.id, token: a.token },
      ]
      expect(await open.store.checkLeases(own)).toEqual([
        { taskId: unknown, state: 'lost' },
        { taskId: b.task.id, state: 'held', signals: [] },
        { taskId: a.task.id, state: 'lost' },
      ])
    })

    it('releases back to pending, with or without the attempt, and repeats that', async () => {
      const first = await createRunning(open.store)
      const { id } = first.task
      expect(await open.store.releaseLease(id, first.token, { refundAttempt: true })).toBe('released')
      const released = await load(open.store, id)
      expect(released).toMatchObject({ status: 'pending', attempt: 0, holdsSlot: true })
      expect(await open.store.releaseLease(id, first.token, { refundAttempt: true })).toBe('released')
      expect(await load(open.store, id)).toEqual(released)
      expect(await append(open.store, first, { at: 0, events: [event(0)] })).toEqual({ outcome: 'fenced' })

      const second = await acquire(open.store, id)
      expect(second.task.attempt).toBe(1)
      expect(await open.store.releaseLease(id, first.token, { refundAttempt: true })).toBe('fenced')
      await open.store.releaseLease(id, second.token, { refundAttempt: false })
      expect((await acquire(open.store, id)).task.attempt).toBe(2)
    })

    it('refunds no attempt to a finish, which counted none', async () => {
      const run = await createRunning(open.store)
      await open.store.releaseLease(run.task.id, run.token, { refundAttempt: false })
      const claim = await acquire(open.store, run.task.id, { purpose: 'finish' })
      await open.store.releaseLease(run.task.id, claim.token, { refundAttempt: true })
      expect(await load(open.store, run.task.id)).toMatchObject({ status: 'pending', attempt: 1 })
    })

    it('keeps a stopped task stopped when it is released', async () => {
      const claim = await createRunning(open.store)
      await open.store.signal(claim.task.id, stop)
      await open.store.releaseLease(claim.task.id, claim.token, { refundAttempt: false })
      expect(await load(open.store, claim.task.id)).toMatchObject({ status: 'cancel_requested' })
    })

    it('releases nothing that has ended or never was', async () => {
      const claim = await createRunning(open.store)
      await finish(open.store, claim)
      const release = (id: string) => open.store.releaseLease(id, claim.token, { refundAttempt: true })
      expect(await release(claim.task.id)).toBe('fenced')
      expect(await release(open.store.newTaskId('ann'))).toBe('fenced')
      expect(await load(open.store, claim.task.id)).toMatchObject({ status: 'succeeded', attempt: 1 })
    })
  })
}
