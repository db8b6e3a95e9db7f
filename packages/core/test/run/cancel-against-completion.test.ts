import { describe, expect, it } from 'vitest'
import { memoryStore, type TaskStore } from '../../src/index.ts'
import { sqliteStore } from '../../src/stores/sqlite/index.ts'
import { seededRandom } from '../../src/testing/index.ts'
import { openSqlite } from '../stores/sqlite/open-sqlite.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'
import { eventsOf, managerFor } from '../support/test-manager.ts'

const seed = Number(process.env.OUTLAST_SEED ?? Date.now() % 1_000_000)
const races = 10_000
const atOnce = 50

const microtasks = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await null
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets cancels and completions meet; answers how often each has won. */
async function race(store: TaskStore): Promise<Record<string, number>> {
  const random = seededRandom(seed)
  const manager = managerFor(
    async () => {
      await microtasks(Math.floor(random() * 12))
      return 'done'
    },
    { store, concurrency: atOnce },
  )
  const wins: Record<string, number> = { canceled: 0, succeeded: 0 }
  for (let round = 0; round < races / atOnce; round++) {
    await Promise.all(
      Array.from({ length: atOnce }, async (_, i) => {
        const task = await manager.create({ userId: `u${i}`, input: null })
        await microtasks(Math.floor(random() * 40))
        for (let turns = Math.floor(random() * 4); turns > 0; turns--) await turn()
        const { outcome } = await task.cancel()
        const record = await task.finished()
        // Whoever was told that the stop is accepted sees it win; whoever came too late sees it lose.
        expect(record.status).toBe(outcome === 'finished' ? 'succeeded' : 'canceled')
        wins[record.status] = (wins[record.status] ?? 0) + 1
        const events = await eventsOf(manager, task.id)
        expect(events.map((event) => event.type)).toEqual(['task_complete'])
        expect(events[0]?.data).toMatchObject({ status: record.status })
        expect(await manager.get(task.id)).toEqual(record)
      }),
    )
  }
  return wins
}

describe(`L3 · ${races} cancels against completions (seed ${seed})`, () => {
  it('have one winner each in memory', async () => {
    const wins = await race(memoryStore())
    expect(Object.values(wins).reduce((sum, count) => sum + count, 0)).toBe(races)
    expect(Math.min(...Object.values(wins))).toBeGreaterThan(races / 100)
  }, 120_000)

  it('have one winner each in SQLite', async () => {
    const [driver] = sqliteDrivers()
    if (driver === undefined) throw new Error('libsql is always there')
    const file = openSqlite(driver)
    try {
      const wins = await race(sqliteStore(file.connect()))
      expect(Object.values(wins).reduce((sum, count) => sum + count, 0)).toBe(races)
      expect(Math.min(...Object.values(wins))).toBeGreaterThan(races / 100)
    } finally {
      file.dispose()
    }
  }, 240_000)
})
