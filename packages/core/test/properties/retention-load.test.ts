import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openSqlite } from '../stores/sqlite/open-sqlite.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'
import { type BundledWorker, bundleWorker } from '../support/bundle-worker.ts'
import type { RetentionLoad, RetentionReport } from './retention-worker.ts'

// `npm run chaos` sets this; there SQLite takes as many tasks as memory.
const isChaos = process.env.CHAOS_ROUNDS !== undefined
const inMemory = 100_000
const inSqlite = isChaos ? inMemory : 2_000

let worker: BundledWorker
beforeAll(async () => {
  worker = await bundleWorker(new URL('retention-worker.ts', import.meta.url))
})
afterAll(() => worker.dispose())

/** Runs the load in a process of its own, where nothing else fills the heap. */
function load(given: RetentionLoad): Promise<RetentionReport> {
  const child = fork(worker.path, [JSON.stringify(given)], { execArgv: ['--expose-gc'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    let report: RetentionReport | null = null
    child.once('message', (message: RetentionReport) => {
      report = message
    })
    // Not before it is gone: its database is nobody's then.
    child.once('exit', (code) => {
      if (report !== null) resolve(report)
      else reject(new Error(`the process ended with ${code} before it had reported`))
    })
  })
}

function expectNothingLeft({ before, after, left, swept, errors }: RetentionReport, tasks: number): void {
  expect(errors).toEqual([])
  expect({ left, swept }).toEqual({ left: 0, swept: tasks })
  expect(after.heapBytes / before.heapBytes).toBeLessThan(1.05)
  // The manager's own: one for lost work, one for finished tasks.
  expect(after.timers).toBeLessThanOrEqual(2)
  expect(after.resources).toEqual(before.resources)
}

describe('after many tasks have come, ended and been removed', () => {
  it(`F8 · memory, handles and timers are what they were: ${inMemory} tasks in memory`, async () => {
    expectNothingLeft(await load({ tasks: inMemory, sqlite: null }), inMemory)
  }, 300_000)

  it(`F8 · memory, handles and timers are what they were: ${inSqlite} tasks in SQLite`, async () => {
    const [driver] = sqliteDrivers()
    if (driver === undefined) throw new Error('libsql is always there')
    const file = openSqlite(driver)
    onTestFinished(() => file.dispose())
    const sqlite = { driver: createRequire(import.meta.url).resolve('libsql'), file: file.path }
    expectNothingLeft(await load({ tasks: inSqlite, sqlite }), inSqlite)
    expect(file.integrity()).toBe('ok')
  }, 900_000)
})
