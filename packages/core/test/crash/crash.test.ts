import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { TaskManager, type TaskRecord, type TaskStore } from '../../src/index.ts'
import { isFinalStatus, type TaskEvent } from '../../src/protocol/index.ts'
import { sqliteStore } from '../../src/stores/sqlite/index.ts'
import { seededRandom } from '../../src/testing/index.ts'
import { openSqlite, type SqliteFile } from '../stores/sqlite/open-sqlite.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'
import { type BundledWorker, bundleWorker } from '../support/bundle-worker.ts'
import { crashLimits, crashTask } from './crash-task.ts'

// `npm run chaos` asks for 100 rounds.
const rounds = Number(process.env.CHAOS_ROUNDS ?? 3)
const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)
const [driver] = sqliteDrivers()
if (driver === undefined) throw new Error('libsql is always there')

let worker: BundledWorker
const children: ChildProcess[] = []
let file: SqliteFile
let store: TaskStore
let survivor: TaskManager

beforeAll(async () => {
  worker = await bundleWorker(new URL('crash-worker.ts', import.meta.url))
})
afterAll(() => worker.dispose())
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await survivor.close({ drainMs: 0 })
  file.dispose()
})

type Said = { say: string; id?: string; taskId?: string; message?: string }

/** Resolves with the next message of a kind. */
function hears(child: ChildProcess, kind: string): Promise<Said> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: Said) => {
      if (message.say === kind) resolve(message)
      if (message.say === 'refused') reject(new Error(message.message))
    })
    child.once('exit', () => reject(new Error(`the process ended before it said ${kind}`)))
  })
}

async function startProcess(): Promise<ChildProcess> {
  const child = fork(worker.path, [createRequire(import.meta.url).resolve('libsql'), file.path])
  children.push(child)
  await hears(child, 'ready')
  return child
}

/** A database with a manager here, which survives. */
function open(): void {
  file = openSqlite(driver as NonNullable<typeof driver>)
  store = sqliteStore(file.connect())
  survivor = new TaskManager({
    store,
    tasks: [crashTask('once'), crashTask('again')],
    limits: crashLimits,
    onError: () => {},
  })
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function ended(id: string): Promise<{ task: TaskRecord; tookMs: number }> {
  const began = Date.now()
  for (;;) {
    const task = await store.getTask(id)
    if (task === null) throw new Error('the task is gone')
    if (isFinalStatus(task.status)) return { task, tookMs: Date.now() - began }
    await pause(20)
  }
}

/** Stops a process where it holds no lock of the database: within a commit it would keep everybody from writing. */
async function stopBetweenCommits(child: ChildProcess): Promise<void> {
  const database = file.connect()
  database.exec('PRAGMA busy_timeout = 200')
  for (;;) {
    child.kill('SIGSTOP')
    // The signal is on its way.
    await pause(20)
    try {
      database.exec('BEGIN IMMEDIATE')
      database.exec('ROLLBACK')
      return
    } catch (error) {
      if (!/locked|busy/i.test(String(error))) throw error
      child.kill('SIGCONT')
      await pause(5)
    }
  }
}

async function logOf(id: string): Promise<TaskEvent[]> {
  const page = await store.readEvents(id, { from: 0, limit: 1e6, maxBytes: 1e9 })
  return page?.events.map((text) => JSON.parse(text) as TaskEvent) ?? []
}

/** What holds for every log, whatever happened to the processes that wrote it. */
function expectWhole(events: readonly TaskEvent[]): void {
  expect(events.map((event) => event.idx)).toEqual(events.map((_, idx) => idx))
  expect(events.filter((event) => event.type === 'task_complete')).toHaveLength(1)
  expect(events.at(-1)?.type).toBe('task_complete')
  const { blocks } = reduceEvents(initialBlocks, events)
  expect(blocks.filter((block) => 'open' in block && block.open)).toEqual([])
  expect(blocks.filter((block) => block.type === 'tool' && /preparing|running/.test(block.status))).toEqual(
    [],
  )
}

const ledgerOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []

describe(`processes that die (seed ${seed}, ${rounds} rounds)`, () => {
  const random = seededRandom(seed)

  it(
    "scenario 7, R1, L7 · a killed one's task ends as interrupted within the lease and two seconds, and its tools ran once",
    async () => {
      for (let round = 0; round < rounds; round++) {
        open()
        const ledger = join(file.path, '..', 'ledger')
        const doomed = await startProcess()
        doomed.send({ type: 'once', userId: 'ann', input: { steps: 1_000, paceMs: 8, ledger } })
        const { id = '' } = await hears(doomed, 'created')
        await pause(random() * 600)
        const acknowledged = (await store.getTask(id))?.nextIdx ?? 0
        doomed.kill('SIGKILL')
        const { task, tookMs } = await ended(id)
        expect(tookMs).toBeLessThan(crashLimits.leaseMs + 2_000)
        const events = await logOf(id)
        expectWhole(events)
        expect(events.length).toBeGreaterThan(acknowledged)
        if (task.status === 'failed') expect(task.error).toContain('interrupted')
        const calls = ledgerOf(ledger)
        expect(new Set(calls).size).toBe(calls.length)
        const next = await survivor.create({
          type: 'once',
          userId: 'ann',
          input: { steps: 0, paceMs: 0, ledger },
        })
        expect((await next.finished()).status).toBe('succeeded')
        expect(file.integrity()).toBe('ok')
        if (round < rounds - 1) {
          await survivor.close({ drainMs: 0 })
          file.dispose()
        }
      }
    },
    20_000 + rounds * 8_000,
  )

  it(
    'R1, L9 · a task that may be tried again is finished, however many of its processes are killed',
    async () => {
      for (let round = 0; round < rounds; round++) {
        open()
        await survivor.close({ drainMs: 0 })
        const ledger = join(file.path, '..', 'ledger')
        const steps = 6
        const first = await startProcess()
        first.send({ type: 'again', userId: 'ann', input: { steps, paceMs: 5, ledger } })
        const { id = '' } = await hears(first, 'created')
        let current = first
        for (let kills = 0; kills < 2; kills++) {
          await pause(random() * 500)
          current.kill('SIGKILL')
          current = await startProcess()
        }
        const { task } = await ended(id)
        expect(task).toMatchObject({ status: 'succeeded', result: JSON.stringify({ steps }) })
        const events = await logOf(id)
        expectWhole(events)
        const { blocks } = reduceEvents(initialBlocks, events)
        const text = blocks.map((block) => (block.type === 'text' ? block.content : '')).join('')
        const expected = Array.from({ length: steps * 5 }, (_, i) => `${Math.floor(i / 5)}.${i % 5} `).join(
          '',
        )
        expect(text).toBe(expected)
        expect(file.integrity()).toBe('ok')
        current.kill('SIGKILL')
        if (round < rounds - 1) file.dispose()
      }
    },
    20_000 + rounds * 15_000,
  )

  it(
    'scenario 7, R2 · a stopped one that wakes after its lease can write nothing more',
    async () => {
      for (let round = 0; round < rounds; round++) {
        open()
        const ledger = join(file.path, '..', 'ledger')
        const zombie = await startProcess()
        zombie.send({ type: 'once', userId: 'ann', input: { steps: 1_000, paceMs: 5, ledger } })
        const { id = '' } = await hears(zombie, 'created')
        await pause(random() * 400)
        await stopBetweenCommits(zombie)
        await ended(id)
        const before = await logOf(id)
        const noticed = hears(zombie, 'run_ended')
        zombie.kill('SIGCONT')
        await noticed
        expect(await logOf(id)).toEqual(before)
        expectWhole(before)
        zombie.kill('SIGKILL')
        if (round < rounds - 1) {
          await survivor.close({ drainMs: 0 })
          file.dispose()
        }
      }
    },
    20_000 + rounds * 10_000,
  )

  it('L4, L5 · a stop through another process ends the tool that ignores it, within two seconds and without a hint', async () => {
    open()
    const ledger = join(file.path, '..', 'ledger')
    const runner = await startProcess()
    runner.send({ type: 'once', userId: 'ann', input: { steps: 2, paceMs: 10_000, ledger } })
    const { id = '' } = await hears(runner, 'created')
    while ((await store.getTask(id))?.nextIdx === 0) await pause(20)
    expect(await survivor.cancel(id, { actor: 'ann' })).toMatchObject({ outcome: 'requested' })
    const { task, tookMs } = await ended(id)
    expect(task.status).toBe('canceled')
    // The limits of this test notice a stop in 150 ms; the tool's grace and the runner's are the real ones.
    expect(tookMs).toBeLessThan(4_000)
    const events = await logOf(id)
    expectWhole(events)
    expect(
      (await survivor.create({ type: 'once', userId: 'ann', input: { steps: 0, paceMs: 0, ledger } }))
        .outcome,
    ).toBe('created')
  })
})
