import { describe, expect, it } from 'vitest'
import type { TaskQuery, TaskRecord } from '../../store/index.ts'
import { type MakeStore, useStore } from './harness.ts'
import { acquire, append, create, createFinished, createRunning, finish, load, stop } from './task-steps.ts'

/** A user's list of tasks. */
export function describeLists(makeStore: MakeStore): void {
  describe('lists', () => {
    const open = useStore(makeStore)

    async function list(query: Partial<TaskQuery> = {}): Promise<readonly TaskRecord[]> {
      return (await open.store.listTasks({ userId: 'ann', limit: 100, ...query })).tasks
    }

    async function ids(query: Partial<TaskQuery> = {}): Promise<string[]> {
      return (await list(query)).map((task) => task.id)
    }

    it("lists a user's own tasks as they are now, newest first, and by id within a millisecond", async () => {
      const old = await create(open.store)
      await open.clock.advance(1)
      const twins = [await create(open.store), await create(open.store), await create(open.store)]
      await open.clock.advance(1)
      const claim = await createRunning(open.store)
      await create(open.store, { userId: 'bob' })
      await append(open.store, claim, { at: 0, events: [], patch: { progress: '1' } })
      const sorted = twins.map((task) => task.id).sort()
      expect(await ids()).toEqual([claim.task.id, ...sorted.reverse(), old.id])
      expect((await list())[0]).toEqual(await load(open.store, claim.task.id))
      expect(await list({ userId: 'carl' })).toEqual([])
    })

    it('filters by workspace, conversation and status', async () => {
      const a = await create(open.store, { workspaceId: 'w1', conversationId: 'c1' })
      const b = await createRunning(open.store, { workspaceId: 'w2', conversationId: 'c1' })
      const c = await createFinished(open.store, { workspaceId: 'w1' })
      const d = await createRunning(open.store)
      await open.store.signal(d.task.id, stop)
      const sets: Array<[Partial<TaskQuery>, string[]]> = [
        [{ workspaceId: 'w1' }, [a.id, c.id]],
        [{ conversationId: 'c1' }, [a.id, b.task.id]],
        [{ conversationId: 'c1', workspaceId: 'w1' }, [a.id]],
        [{ status: ['pending', 'running', 'cancel_requested'] }, [a.id, b.task.id, d.task.id]],
        [{ status: ['succeeded'] }, [c.id]],
        [{ status: [] }, []],
      ]
      for (const [query, expected] of sets) expect((await ids(query)).sort()).toEqual(expected.sort())
    })

    it('finds a task by the conversation that it was given later', async () => {
      const claim = await createRunning(open.store)
      await append(open.store, claim, { at: 0, events: [], patch: { conversationId: 'c9' } })
      expect(await ids({ conversationId: 'c9' })).toEqual([claim.task.id])
    })

    it('pages through a list without holes or repeats, while tasks come and go', async () => {
      for (let i = 0; i < 7; i++) {
        await create(open.store, { workspaceId: i % 2 === 0 ? 'even' : 'odd' })
        if (i % 3 === 0) await open.clock.advance(1)
      }
      const expected = await ids()
      const seen: string[] = []
      let cursor: string | null | undefined
      do {
        const page = await open.store.listTasks({ userId: 'ann', limit: 2, ...(cursor ? { cursor } : {}) })
        expect(page.tasks.length).toBeLessThanOrEqual(2)
        seen.push(...page.tasks.map((task) => task.id))
        cursor = page.nextCursor
        // What is new belongs before the first page; what is deleted may be the place that the cursor names.
        await open.clock.advance(1)
        await create(open.store)
        const last = page.tasks.at(-1)
        if (last !== undefined) {
          await finish(open.store, await acquire(open.store, last.id))
          await open.store.deleteTask(last.id)
        }
        // Bounded, so that a cursor that leads nowhere fails the test instead of never ending it.
      } while (cursor !== null && seen.length <= expected.length)
      expect(seen).toEqual(expected)
    })

    it('says that there is no next page when the last one is exactly full, also of a filter', async () => {
      for (let i = 0; i < 4; i++) await create(open.store, { workspaceId: i % 2 === 0 ? 'even' : 'odd' })
      const query = { userId: 'ann', workspaceId: 'even', limit: 1 }
      const first = await open.store.listTasks(query)
      expect(first.nextCursor).not.toBeNull()
      const second = await open.store.listTasks({ ...query, cursor: first.nextCursor ?? '' })
      expect(second).toMatchObject({ tasks: [{ workspaceId: 'even' }], nextCursor: null })
    })

    it('answers an unknown cursor with an empty page', async () => {
      await create(open.store)
      for (const cursor of [
        '',
        'x',
        '%00',
        'bm90IGEgY3Vyc29y',
        '{"createdAt":1}',
        '__proto__',
        '9'.repeat(400),
      ]) {
        const page = await open.store.listTasks({ userId: 'ann', limit: 10, cursor })
        expect(page).toEqual({ tasks: [], nextCursor: null })
      }
    })
  })
}
