import { describe, expect, it } from 'vitest'
import { type MakeStore, useStore } from './harness.ts'
import { create, createFinished, createRunning, read, stop } from './task-steps.ts'

/** What becomes of finished tasks. */
export function describeRetention(makeStore: MakeStore): void {
  describe('retention', () => {
    const open = useStore(makeStore)

    async function left(userId = 'ann'): Promise<string[]> {
      return (await open.store.listTasks({ userId, limit: 100 })).tasks.map((task) => task.id).reverse()
    }

    it('removes a finished task, its log and its place in lists', async () => {
      const task = await createFinished(open.store)
      expect(await open.store.deleteTask(task.id)).toBe('deleted')
      expect(await open.peer.getTask(task.id)).toBeNull()
      expect(await open.store.readEvents(task.id, { from: 0, limit: 1, maxBytes: 1 })).toBeNull()
      expect(await left()).toEqual([])
      expect((await open.store.stats()).byStatus.succeeded).toBe(0)
      expect(await open.store.deleteTask(task.id)).toBe('not_found')
    })

    it('does not remove a task that has not finished', async () => {
      const pending = await create(open.store)
      const running = await createRunning(open.store)
      const stopped = await createRunning(open.store)
      await open.store.signal(stopped.task.id, stop)
      for (const id of [pending.id, running.task.id, stopped.task.id]) {
        expect(await open.store.deleteTask(id)).toBe('not_finished')
        expect((await read(open.store, id)).task.id).toBe(id)
      }
    })

    it('keeps finished tasks until they are deleted', async () => {
      const task = await createFinished(open.store)
      await open.clock.advance(1_000_000_000)
      expect(await left()).toEqual([task.id])
      expect(await open.store.deleteFinished({ limit: 100 })).toBe(0)
    })

    it('deletes what finished before a time, and nothing that is active', async () => {
      const active = await create(open.store)
      await createFinished(open.store)
      await createFinished(open.store, { userId: 'bob' })
      await open.clock.advance(1_000)
      const kept = await createFinished(open.store)
      expect(await open.store.deleteFinished({ beforeMs: open.clock.now(), limit: 100 })).toBe(2)
      expect(await left()).toEqual([active.id, kept.id])
      expect(await left('bob')).toEqual([])
    })

    it('deletes what is beyond the newest of each user, not counting what is active', async () => {
      const all: string[] = []
      for (let i = 0; i < 5; i++) {
        all.push((await createFinished(open.store)).id)
        await createFinished(open.store, { userId: 'bob' })
        await open.clock.advance(1)
      }
      const active = await create(open.store)
      expect(await open.store.deleteFinished({ keepPerUser: 2, limit: 100 })).toBe(6)
      expect(await left()).toEqual([...all.slice(3), active.id])
      expect(await left('bob')).toHaveLength(2)
      expect(await open.store.deleteFinished({ keepPerUser: 0, limit: 100 })).toBe(4)
      expect(await left()).toEqual([active.id])
    })

    it('deletes what either rule names', async () => {
      await createFinished(open.store)
      await open.clock.advance(1_000)
      await createFinished(open.store)
      const newest = await createFinished(open.store, {})
      const answer = await open.store.deleteFinished({
        beforeMs: open.clock.now(),
        keepPerUser: 1,
        limit: 100,
      })
      expect(answer).toBe(2)
      expect(await left()).toHaveLength(1)
      expect(newest.status).toBe('succeeded')
    })

    it('deletes at most `limit` at a time, and says how many', async () => {
      for (let i = 0; i < 5; i++) await createFinished(open.store)
      await open.clock.advance(1)
      const query = { beforeMs: open.clock.now(), limit: 2 }
      expect(await open.store.deleteFinished(query)).toBe(2)
      expect(await open.store.deleteFinished(query)).toBe(2)
      expect(await open.store.deleteFinished(query)).toBe(1)
      expect(await open.store.deleteFinished({ keepPerUser: 0, limit: 2 })).toBe(0)
      for (let i = 0; i < 3; i++) await createFinished(open.store)
      expect(await open.store.deleteFinished({ keepPerUser: 0, limit: 2 })).toBe(2)
      expect(await left()).toHaveLength(1)
    })
  })
}
