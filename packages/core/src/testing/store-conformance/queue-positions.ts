import { describe, expect, it } from 'vitest'
import type { Claim, TaskRecord } from '../../store/index.ts'
import type { OpenStore } from './harness.ts'
import { acquire, create, createRunning, draftOf, finish, load, read, reject, stop } from './task-steps.ts'

const scope = 's1'
const queue = { policy: 'queue', max: 4 } as const

/** Who waits at which place for a scope's slot, and how those behind move up. */
export function describeQueuePositions(open: OpenStore): void {
  describe('places in the queue', () => {
    /** A task that runs, and the ids of three that wait for its scope. */
    async function fillQueue(): Promise<{ running: Claim; first: string; second: string; third: string }> {
      const running = await createRunning(open.store, { scope })
      const { id: first } = await create(open.store, { scope }, queue)
      const { id: second } = await create(open.store, { scope }, queue)
      const { id: third } = await create(open.store, { scope }, queue)
      return { running, first, second, third }
    }

    function loadAll(...ids: string[]): Promise<TaskRecord[]> {
      return Promise.all(ids.map((id) => load(open.store, id)))
    }

    async function placesOf(...ids: string[]): Promise<(number | null)[]> {
      return (await loadAll(...ids)).map(({ queuePosition }) => queuePosition)
    }

    it('count from 1 in the order of promotion, in every answer that holds a record', async () => {
      await createRunning(open.store, { scope })
      for (const place of [1, 2, 3]) {
        const draft = draftOf(open.store, {
          scope,
          idempotency: { key: `${place}`, bodyHash: 'h', ttlMs: 60_000 },
        })
        const created = await open.store.createTask(draft, queue)
        expect(created).toMatchObject({ outcome: 'created', task: { queuePosition: place } })
        expect(await open.peer.createTask(draft, queue)).toEqual(created)
        const sameKey = await open.peer.createTask({ ...draft, id: open.store.newTaskId('ann') }, queue)
        expect(sameKey).toMatchObject({ outcome: 'same_key', task: { queuePosition: place } })

        const task = await load(open.peer, draft.id)
        expect(created).toEqual({ outcome: 'created', task })
        expect((await read(open.peer, draft.id)).task).toEqual(task)
        const { tasks } = await open.peer.listTasks({ userId: 'ann', limit: 10 })
        expect(tasks.find(({ id }) => id === draft.id)).toEqual(task)
        const { task: claimed } = await acquire(open.store, draft.id, { purpose: 'finish' })
        expect(claimed.queuePosition).toBe(place)
      }
    })

    it('are null for a task that has the slot, needs none, was stopped or has ended', async () => {
      const { running, first, second } = await fillQueue()
      const { id: free } = await create(open.store)
      await open.store.signal(second, stop)
      expect(await placesOf(running.task.id, free, second)).toEqual([null, null, null])
      await finish(open.store, running)
      expect(await placesOf(running.task.id, first)).toEqual([null, null])
      const { task } = await acquire(open.store, first)
      expect(task).toMatchObject({ status: 'running', queuePosition: null })
    })

    it('move up when the next one is promoted, each with one more revision', async () => {
      const { running, first, second, third } = await fillQueue()
      const before = await loadAll(second, third)
      await finish(open.store, running)
      expect(await placesOf(first, second, third)).toEqual([null, 1, 2])
      const moved = before.map(({ revision }) => expect.objectContaining({ revision: revision + 1 }))
      expect(await loadAll(second, third)).toEqual(moved)
    })

    it.each([
      ['is stopped', (id: string) => open.store.signal(id, stop)],
      [
        'ends without a run',
        async (id: string) => finish(open.store, await acquire(open.store, id, { purpose: 'finish' })),
      ],
    ])(
      'move up behind a task that %s, each with one more revision, and nobody else changes',
      async (_, leave) => {
        const { running, first, second, third } = await fillQueue()
        await createRunning(open.store, { scope: 's2' })
        const { id: elsewhere } = await create(open.store, { scope: 's2' }, queue)
        const unmoved = await loadAll(running.task.id, first, elsewhere)
        const { revision } = await load(open.store, third)
        await leave(second)
        expect(await placesOf(first, second, third)).toEqual([1, null, 2])
        expect((await load(open.store, third)).revision).toBe(revision + 1)
        expect(await loadAll(running.task.id, first, elsewhere)).toEqual(unmoved)
      },
    )

    it('move up once for a task that is stopped and ends later', async () => {
      const { second, third } = await fillQueue()
      await open.store.signal(second, stop)
      const before = await load(open.store, third)
      await open.store.signal(second, stop)
      await finish(open.store, await acquire(open.store, second, { purpose: 'finish' }))
      expect(await load(open.store, third)).toEqual(before)
    })

    it('stay as they are when another task comes behind, is refused or is attached', async () => {
      const { running, first, second, third } = await fillQueue()
      const before = await loadAll(running.task.id, first, second, third)
      expect(await create(open.store, { scope }, queue)).toMatchObject({ queuePosition: 4 })
      for (const onConflict of [queue, reject, { policy: 'attach' }] as const) {
        const { outcome } = await open.store.createTask(draftOf(open.store, { scope }), onConflict)
        expect(outcome).not.toBe('created')
      }
      expect(await loadAll(running.task.id, first, second, third)).toEqual(before)
    })

    it('begin anew with a task that replaces the others', async () => {
      const { first, second, third } = await fillQueue()
      const { id, queuePosition } = await create(open.store, { scope }, { policy: 'replace' })
      expect(queuePosition).toBe(1)
      await create(open.store, { scope }, queue)
      expect(await placesOf(first, second, third, id)).toEqual([null, null, null, 1])
    })
  })
}
