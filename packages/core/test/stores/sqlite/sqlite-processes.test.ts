import { afterEach, describe, expect, it } from 'vitest'
import { sqliteStore } from '../../../src/stores/sqlite/index.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { openTask } from '../../support/open-task.ts'
import { useWorkers } from './fork-worker.ts'
import { openSqlite, type SqliteFile } from './open-sqlite.ts'
import { sqliteDrivers } from './sqlite-drivers.ts'
import type { WorkerMessage } from './worker-messages.ts'

const [driver] = sqliteDrivers()
if (driver === undefined) throw new Error('libsql is always there')

const whole = { from: 0, limit: 1e6, maxBytes: 1e9 }

/** Sums what the processes counted. */
function add(counts: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [outcome, count] of counts.flatMap((one) => Object.entries(one))) {
    sums[outcome] = (sums[outcome] ?? 0) + count
  }
  return sums
}

/** What a worker appends. */
function eventText(taskId: string, idx: number): string {
  return JSON.stringify({ idx, taskId })
}

describe('processes on one SQLite file', () => {
  const workers = useWorkers()
  let file: SqliteFile
  afterEach(() => file.dispose())

  it('L10 · create one task of a hundred in a scope, and one of them gets to run it', async () => {
    file = openSqlite(driver)
    const { path } = file
    const all = await Promise.all(
      [34, 33, 33].map((creates) => workers.fork({ do: 'race', file: path, creates, scope: 's1' })),
    )
    const reports: Extract<WorkerMessage, { say: 'raced' }>[] = []
    for (const worker of all) {
      worker.onMessage((message) => {
        if (message.say === 'raced') reports.push(message)
      })
    }
    for (const worker of all) worker.start()
    const exits = await Promise.all(all.map((worker) => worker.exited))
    expect(exits).toEqual(Array(3).fill({ code: 0, signal: null }))
    expect(add(reports.map(({ creates }) => creates))).toEqual({ created: 1, conflict: 99 })
    expect(add(reports.map(({ leases }) => leases))).toEqual({ acquired: 1, held: 99 })

    const store = sqliteStore(file.connect())
    const { tasks } = await store.listTasks({ userId: 'ann', limit: 200 })
    expect(tasks).toMatchObject([{ status: 'running', attempt: 1, holdsSlot: true }])
    expect(file.integrity()).toBe('ok')
  })

  it('R1 · append at the same time, each to its own task, and lose nothing', async () => {
    file = openSqlite(driver)
    const { path } = file
    const store = sqliteStore(file.connect())
    const claims = [await openTask(store), await openTask(store)]
    const all = await Promise.all(
      claims.map(({ task, token }) =>
        workers.fork({
          do: 'append',
          file: path,
          tasks: [{ taskId: task.id, token, perAppend: 5 }],
          rounds: 60,
        }),
      ),
    )
    for (const worker of all) worker.start()
    await Promise.all(all.map((worker) => worker.exited))
    for (const { task } of claims) {
      const page = await store.readEvents(task.id, whole)
      expect(page?.events).toEqual(Array.from({ length: 300 }, (_, idx) => eventText(task.id, idx)))
    }
    expect(file.integrity()).toBe('ok')
  })

  it('R2 · fence the one whose lease another took over, in the middle of its appends', async () => {
    file = openSqlite(driver)
    const store = sqliteStore(file.connect())
    const old = await openTask(store)
    const { id } = old.task
    const tasks = [{ taskId: id, token: old.token, perAppend: 3 }]
    const worker = await workers.fork({ do: 'append', file: file.path, tasks })
    const outcomes: string[] = []
    const wrote = new Promise<void>((resolve) => {
      worker.onMessage((message) => {
        if (message.say === 'appended') resolve()
        if (message.say === 'refused') outcomes.push(message.outcome)
      })
    })
    worker.start()
    await wrote
    const seen = { token: old.token, beat: 0 }
    // By its clock the lease has expired, though its owner is at work.
    const later = sqliteStore(file.connect(), { now: () => Date.now() + 120_000 })
    const next = await later.acquireLease(id, {
      claimId: 'next',
      owner: 'next',
      ttlMs: 60_000,
      purpose: 'run',
      seen,
    })
    if (next.outcome !== 'acquired') throw new Error(next.outcome)
    await worker.exited
    expect(outcomes).toEqual(['fenced'])
    expect(await store.getTask(id)).toEqual(next.task)
  })

  const seed = Number(process.env.OUTLAST_SEED ?? Date.now() % 1e6)
  const random = seededRandom(seed)
  for (let round = 0; round < 4; round++) {
    const acknowledged = 1 + Math.floor(random() * 60)
    it(`R4 · find all that was acknowledged, whole, after a kill behind append ${acknowledged} (seed ${seed}, round ${round})`, async () => {
      file = openSqlite(driver)
      const store = sqliteStore(file.connect())
      const perAppend = [7, 40]
      const claims = [await openTask(store), await openTask(store)]
      const tasks = claims.map(({ task, token }, i) => ({
        taskId: task.id,
        token,
        perAppend: perAppend[i] ?? 1,
      }))
      const worker = await workers.fork({ do: 'append', file: file.path, tasks })
      let last: readonly number[] = []
      let heard = 0
      worker.onMessage((message) => {
        if (message.say !== 'appended') return
        last = message.nextIdx
        // Not at once: the kill is to come at any point of the next append.
        if (++heard === acknowledged) setTimeout(() => worker.kill(), random() * 3)
      })
      worker.start()
      expect(await worker.exited).toEqual({ code: null, signal: 'SIGKILL' })

      expect(file.integrity()).toBe('ok')
      const reopened = sqliteStore(file.connect())
      const appends: number[] = []
      for (const [i, { taskId, perAppend, token }] of tasks.entries()) {
        const page = await reopened.readEvents(taskId, whole)
        if (page === null) throw new Error('the task is gone')
        const { nextIdx } = page.task
        expect(nextIdx).toBeGreaterThanOrEqual(last[i] ?? 0)
        expect(page.events).toEqual(Array.from({ length: nextIdx }, (_, idx) => eventText(taskId, idx)))
        appends.push(nextIdx / perAppend)
        const [next] = await reopened.append([{ taskId, token, at: nextIdx, events: ['{}'] }])
        expect(next).toMatchObject({ outcome: 'ok', nextIdx: nextIdx + 1 })
      }
      expect(appends[0]).toBeGreaterThanOrEqual(acknowledged)
      expect(appends[1], 'a call is there whole or not at all, for all its tasks').toBe(appends[0])
    })
  }
})
