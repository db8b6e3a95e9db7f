import { describe, expect, it, onTestFinished } from 'vitest'
import { type CreateRequest, TaskError, type TaskManager, type TaskStore } from '../../src/index.ts'
import { sqliteStore } from '../../src/stores/sqlite/index.ts'
import { openSqlite } from '../stores/sqlite/open-sqlite.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'
import { eachStore } from '../support/each-store.ts'
import { fired, managerFor } from '../support/test-manager.ts'
import { useProcesses } from './fork-process.ts'
import type { CreateAnswer } from './process-messages.ts'

const processes = useProcesses()

/** Creates so many equal tasks at once. */
type Creator = (request: Omit<CreateRequest, 'input'>, times: number) => Promise<readonly CreateAnswer[]>

const throughManager =
  (manager: TaskManager): Creator =>
  (request, times) =>
    Promise.all(
      Array.from({ length: times }, () =>
        manager.create({ ...request, input: { ms: 60_000 } }).then(
          ({ id, outcome }) => ({ id, outcome }),
          (error: unknown) => {
            if (!TaskError.is(error)) throw error
            return { id: error.taskId, outcome: error.code as string }
          },
        ),
      ),
    )

/** Three nodes on one store, each with a manager of its own. */
const clusters = [
  ...eachStore.map(({ name, open }) => ({
    name: `three managers on ${name}`,
    async start(): Promise<{ store: TaskStore; creators: Creator[] }> {
      const node = open()
      const store = node()
      const managers = [store, node(), node()].map((store) =>
        managerFor(({ signal }) => fired(signal), { store }),
      )
      return { store, creators: managers.map(throughManager) }
    },
  })),
  {
    name: 'three processes on one SQLite file',
    async start() {
      const [driver] = sqliteDrivers()
      if (driver === undefined) throw new Error('libsql is always there')
      const file = openSqlite(driver)
      onTestFinished(() => file.dispose())
      // Made before the others open the file, and open for as long as they are.
      const store = sqliteStore(file.connect())
      const started = await Promise.all(Array.from({ length: 3 }, () => processes.start(file.path)))
      const creators = started.map(
        (process): Creator =>
          (request, times) =>
            process.create({ ...request, type: 'linger', input: { ms: 60_000 } }, times),
      )
      return { store, creators }
    },
  },
]

/** How many of each outcome. */
function tally(answers: readonly CreateAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of answers) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

describe.each(clusters)('$name', ({ start }) => {
  it('L10 · accept one of a hundred creates that come at once for one scope, and name it to the others', async () => {
    const { store, creators } = await start()
    const answers = await Promise.all(
      [34, 33, 33].map((times, i) => creators[i]?.({ userId: 'ann' }, times) ?? []),
    )
    expect(tally(answers.flat())).toEqual({ created: 1, task_already_running: 99 })
    const { tasks } = await store.listTasks({ userId: 'ann', limit: 200 })
    expect(tasks).toHaveLength(1)
    expect(new Set(answers.flat().map(({ id }) => id))).toEqual(new Set([tasks[0]?.id]))
  })

  it('L11 · make one task of a thousand creates with one idempotency key', async () => {
    const { store, creators } = await start()
    const request = { userId: 'ann', idempotencyKey: 'the same' }
    const answers = await Promise.all([334, 333, 333].map((times, i) => creators[i]?.(request, times) ?? []))
    expect(tally(answers.flat())).toEqual({ created: 1, repeated: 999 })
    const { tasks } = await store.listTasks({ userId: 'ann', limit: 200 })
    expect(tasks).toHaveLength(1)
    expect(new Set(answers.flat().map(({ id }) => id))).toEqual(new Set([tasks[0]?.id]))
  })

  it('L12 · show a task on every other node as soon as it is accepted', async () => {
    const { store, creators } = await start()
    for (const [i, create] of creators.entries()) {
      for (let round = 0; round < 10; round++) {
        const userId = `${i}.${round}`
        const [answer] = await create({ userId }, 1)
        expect(answer?.outcome).toBe('created')
        const id = answer?.id ?? ''
        expect((await store.getTask(id))?.userId).toBe(userId)
        expect((await store.readEvents(id, { from: 0, limit: 10, maxBytes: 1_000 }))?.task.id).toBe(id)
        expect((await store.listTasks({ userId, limit: 10 })).tasks.map((task) => task.id)).toEqual([id])
        // Every other node knows it too: a second create meets it there.
        for (const other of creators) {
          expect(await other({ userId }, 1)).toEqual([{ outcome: 'task_already_running', id }])
        }
      }
    }
  })
})
