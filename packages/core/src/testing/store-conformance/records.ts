import { describe, expect, it } from 'vitest'
import type { TaskRecord } from '../../store/index.ts'
import { type MakeStore, useStore } from './harness.ts'
import {
  acquire,
  append,
  create,
  createRunning,
  draftOf,
  events,
  finish,
  load,
  reject,
  stop,
} from './task-steps.ts'

/** What is stored of a task, how it is found again, and how changes show. */
export function describeRecords(makeStore: MakeStore): void {
  describe('records', () => {
    const open = useStore(makeStore)

    it("goes by the harness's clock, which stands still until a test moves it", async () => {
      const start = open.clock.now()
      expect(await create(open.store)).toMatchObject({ createdAt: start, updatedAt: start })
      await open.clock.advance(12_345)
      expect(open.clock.now()).toBe(start + 12_345)
      expect((await create(open.peer)).createdAt).toBe(start + 12_345)
    })

    it('makes task ids that are URL-safe, begin with a letter or digit, and never repeat', () => {
      const ids = Array.from({ length: 2_000 }, () => open.store.newTaskId('ann'))
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.~-]{19,}$/)
    })

    it('gives ids at least 120 random bits', () => {
      // Entropy per position, over ids of one user; a bucket prefix contributes nothing.
      const count = 4_000
      const ids = Array.from({ length: count }, () => open.store.newTaskId('ann'))
      let bits = 0
      for (let position = 0; position < (ids[0]?.length ?? 0); position++) {
        const seen = new Map<string, number>()
        for (const id of ids) seen.set(id.charAt(position), (seen.get(id.charAt(position)) ?? 0) + 1)
        for (const times of seen.values()) bits -= (times / count) * Math.log2(times / count)
      }
      // A sample shows a little less than there is: some 63 / (2 × 4,000 × ln 2) bits per position.
      expect(bits).toBeGreaterThan(119.5)
    })

    it('stores every field of a draft and starts as pending', async () => {
      const draft = draftOf(open.store, {
        workspaceId: 'w1',
        conversationId: 'c1',
        scope: 's1',
        summary: '{"message":"hi"}',
        deadlineAt: open.clock.now() + 5_000,
      })
      const answer = await open.store.createTask(draft, reject)
      expect(answer).toMatchObject({ outcome: 'created' })
      const { input, session, idempotency, ...kept } = draft
      expect(await open.store.getTask(draft.id)).toEqual({
        ...kept,
        status: 'pending',
        holdsSlot: true,
        queuePosition: null,
        attempt: 0,
        createdAt: open.clock.now(),
        startedAt: null,
        updatedAt: open.clock.now(),
        finishedAt: null,
        revision: expect.any(Number),
        epoch: expect.stringMatching(/./),
        firstIdx: 0,
        nextIdx: 0,
        snapshot: null,
        stop: null,
        carry: null,
        progress: null,
        result: null,
        error: null,
      } satisfies TaskRecord)
    })

    it('knows nothing of a task that was never created', async () => {
      expect(await open.store.getTask(open.store.newTaskId('ann'))).toBeNull()
    })

    it('makes a task readable on every node before the create resolves', async () => {
      const task = await create(open.store)
      expect(await open.peer.getTask(task.id)).toEqual(task)
      expect((await open.peer.listTasks({ userId: 'ann', limit: 10 })).tasks).toEqual([task])
    })

    it('answers a create that is repeated with the same id with the same task', async () => {
      const draft = draftOf(open.store, { scope: 's1' })
      const first = await open.store.createTask(draft, reject)
      expect(await open.store.createTask(draft, reject)).toEqual(first)
      expect((await open.store.listTasks({ userId: 'ann', limit: 10 })).tasks).toHaveLength(1)
    })

    it('answers a create that is repeated late with the task as it has become', async () => {
      const draft = draftOf(open.store, { scope: 's1' })
      await open.store.createTask(draft, reject)
      await finish(open.store, await acquire(open.store, draft.id))
      await create(open.store, { scope: 's1' })
      const task = await load(open.store, draft.id)
      expect(task.status).toBe('succeeded')
      expect(await open.peer.createTask(draft, reject)).toEqual({ outcome: 'created', task })
    })

    it('gives every task an epoch of its own', async () => {
      const [a, b] = [await create(open.store), await create(open.store)]
      expect(a.epoch).not.toBe(b.epoch)
    })

    it('hands out records in which later changes do not show', async () => {
      const before = await create(open.store)
      const copy = structuredClone(before)
      const claim = await acquire(open.store, before.id)
      await append(open.store, claim, {
        at: 0,
        events: events(0, 2),
        snapshot: { at: 2, fold: 'f@1', state: '{}' },
      })
      await open.store.signal(before.id, stop)
      await finish(open.store, claim, 2)
      expect(before).toEqual(copy)
    })

    it('does not let a caller change what is stored by changing what it was handed', async () => {
      const claim = await createRunning(open.store)
      const handed = await load(open.store, claim.task.id)
      handed.status = 'failed'
      handed.revision = 99
      expect(await load(open.store, claim.task.id)).toMatchObject({ status: 'running' })
    })

    it('raises the revision with every stored change, and with nothing else', async () => {
      const task = await create(open.store)
      const seen = [task.revision]
      const note = async (): Promise<void> => {
        seen.push((await load(open.store, task.id)).revision)
      }
      const claim = await acquire(open.store, task.id)
      await note()
      await append(open.store, claim, { at: 0, events: events(0, 1) })
      await note()
      await append(open.store, claim, { at: 1, events: [], patch: { progress: '1' } })
      await note()
      await open.store.signal(task.id, stop)
      await note()
      await finish(open.store, claim, 1, { status: 'canceled' })
      await note()
      expect(seen.every((revision, i) => i === 0 || revision > (seen[i - 1] ?? 0))).toBe(true)

      await open.store.signal(task.id, stop)
      await open.store.acquireLease(task.id, { claimId: 'late', owner: 'n', ttlMs: 1, purpose: 'run' })
      await append(open.store, claim, { at: 9, events: events(9, 1) })
      expect((await load(open.store, task.id)).revision).toBe(seen.at(-1))
    })

    it('leaves the revision alone when a lease is renewed', async () => {
      const claim = await createRunning(open.store)
      await open.store.checkLeases([{ taskId: claim.task.id, token: claim.token }], 10_000)
      expect((await load(open.store, claim.task.id)).revision).toBe(claim.task.revision)
    })

    it('raises the revision of one append by one', async () => {
      const claim = await createRunning(open.store)
      await append(open.store, claim, { at: 0, events: events(0, 5), patch: { progress: '1' }, carry: '{}' })
      expect((await load(open.store, claim.task.id)).revision).toBe(claim.task.revision + 1)
    })

    it("keeps times by the store's clock", async () => {
      const task = await create(open.store)
      await open.clock.advance(100)
      const claim = await acquire(open.store, task.id)
      await open.clock.advance(100)
      await append(open.store, claim, { at: 0, events: events(0, 1) })
      expect((await load(open.store, task.id)).updatedAt).toBe(task.createdAt + 200)
      await open.clock.advance(100)
      await finish(open.store, claim, 1)
      expect(await load(open.store, task.id)).toMatchObject({
        createdAt: task.createdAt,
        startedAt: task.createdAt + 100,
        updatedAt: task.createdAt + 300,
        finishedAt: task.createdAt + 300,
      })
    })

    it('patches the conversation, the summary and the progress, each alone', async () => {
      const claim = await createRunning(open.store)
      await append(open.store, claim, { at: 0, events: [], patch: { conversationId: 'c9' } })
      await append(open.store, claim, { at: 0, events: [], patch: { summary: '{"a":1}' } })
      await append(open.store, claim, { at: 0, events: [], patch: { progress: '{"done":1}' } })
      expect(await load(open.store, claim.task.id)).toMatchObject({
        conversationId: 'c9',
        summary: '{"a":1}',
        progress: '{"done":1}',
      })
    })

    it('counts tasks by status, and keeps the durations of succeeded ones by type', async () => {
      expect((await open.store.stats()).byStatus).toEqual({
        pending: 0,
        running: 0,
        cancel_requested: 0,
        succeeded: 0,
        failed: 0,
        canceled: 0,
      })
      await create(open.store)
      await createRunning(open.store)
      await open.store.signal((await createRunning(open.store)).task.id, stop)
      const waited = await create(open.store, { type: 'images' })
      await open.clock.advance(500)
      const done = await acquire(open.store, waited.id)
      await open.clock.advance(1_500)
      await finish(open.store, done)
      await finish(open.store, await createRunning(open.store, { type: 'images' }), 0, { status: 'failed' })
      const { byStatus, durationsMs } = await open.store.stats()
      expect(byStatus).toEqual({
        pending: 1,
        running: 1,
        cancel_requested: 1,
        succeeded: 1,
        failed: 1,
        canceled: 0,
      })
      expect(durationsMs).toEqual({ images: [1_500] })
    })

    it('bounds the durations that it keeps', async () => {
      for (let i = 0; i < 300; i++) await finish(open.store, await createRunning(open.store))
      const { durationsMs } = await open.store.stats()
      expect(durationsMs.chat?.length).toBeGreaterThan(0)
      expect(durationsMs.chat?.length).toBeLessThan(300)
    })

    it('rejects every call with store_unavailable once it is closed, and may be closed twice', async () => {
      const { store } = open
      const task = await create(store)
      await store.close()
      await store.close()
      const calls: Array<() => Promise<unknown>> = [
        () => store.createTask({ ...task, input: '', session: null, idempotency: null }, reject),
        () => store.getTask(task.id),
        () => store.listTasks({ userId: 'ann', limit: 1 }),
        () => store.readEvents(task.id, { from: 0, limit: 1, maxBytes: 1 }),
        () => store.append([]),
        () => store.signal(task.id, stop),
        () => store.acquireLease(task.id, { claimId: 'c', owner: 'n', ttlMs: 1, purpose: 'run' }),
        () => store.checkLeases([]),
        () => store.releaseLease(task.id, '1:x', { refundAttempt: false }),
        () => store.listWork({ pendingForMs: 0, expiringWithinMs: 0, limit: 1 }),
        () => store.deleteTask(task.id),
        () => store.deleteFinished({ limit: 1 }),
        () => store.stats(),
      ]
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'store_unavailable' })
    })
  })
}
