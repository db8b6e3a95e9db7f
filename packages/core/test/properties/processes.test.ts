import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { type TaskLimits, TaskManager, type TaskRecord, type TaskStore } from '../../src/index.ts'
import { isFinalStatus, type TaskEvent } from '../../src/protocol/index.ts'
import { sqliteStore } from '../../src/stores/sqlite/index.ts'
import { makeTaskDraft } from '../../src/task-draft.ts'
import { crashLimits } from '../crash/crash-task.ts'
import { openSqlite, type SqliteFile } from '../stores/sqlite/open-sqlite.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'
import { useProcesses } from './fork-process.ts'
import { processTasks } from './process-tasks.ts'

const [driver] = sqliteDrivers()
if (driver === undefined) throw new Error('libsql is always there')

const processes = useProcesses()
const managers: TaskManager[] = []
let file: SqliteFile
let store: TaskStore

beforeEach(() => {
  file = openSqlite(driver)
  store = sqliteStore(file.connect())
})
afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close({ drainMs: 0 })))
  expect(file.integrity()).toBe('ok')
  file.dispose()
})

/** A manager of this process on the same file. */
function here(limits: Partial<TaskLimits> = crashLimits): TaskManager {
  const manager = new TaskManager({ store, tasks: processTasks(() => {}), limits, onError: () => {} })
  managers.push(manager)
  return manager
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function ended(id: string): Promise<{ task: TaskRecord; tookMs: number }> {
  const began = performance.now()
  for (;;) {
    const task = await store.getTask(id)
    if (task === null) throw new Error('the task is gone')
    if (isFinalStatus(task.status)) return { task, tookMs: performance.now() - began }
    await pause(10)
  }
}

async function logOf(id: string): Promise<TaskEvent[]> {
  const page = await store.readEvents(id, { from: 0, limit: 1e6, maxBytes: 1e9 })
  return page?.events.map((text) => JSON.parse(text) as TaskEvent) ?? []
}

const typesOf = (events: readonly TaskEvent[]): string[] => events.map(({ type }) => type)

/** What every log must be, whoever wrote it. */
function expectWhole(events: readonly TaskEvent[]): void {
  expect(events.map(({ idx }) => idx)).toEqual(events.map((_, idx) => idx))
  expect(events.filter(({ type }) => type === 'task_complete')).toHaveLength(1)
  expect(events.at(-1)?.type).toBe('task_complete')
  const { blocks } = reduceEvents(initialBlocks, events)
  expect(blocks.filter((block) => 'open' in block && block.open)).toEqual([])
}

/** Stores a task as a process does that dies before the task's turn. */
async function storeOnly(type: string): Promise<string> {
  const definition = processTasks(() => {}).find((known) => known.type === type)
  if (definition === undefined) throw new Error(`there is no type ${type}`)
  const draft = await makeTaskDraft(
    definition,
    { userId: type, input: null },
    { newTaskId: store.newTaskId, now: Date.now() },
  )
  expect(await store.createTask(draft, { policy: 'reject' })).toMatchObject({ outcome: 'created' })
  return draft.id
}

describe('a stop through another process, without notifications', () => {
  it('scenario 1, L4, L5 · ends a tool that ignores its signal within two seconds, once and for good', async () => {
    const runner = await processes.start(file.path)
    const other = here({})
    const [created] = await runner.create({ type: 'linger', userId: 'ann', input: { ms: 3_000 } })
    const id = created?.id ?? ''
    await runner.told('in tool')

    expect(await other.cancel(id, { actor: 'ann' })).toMatchObject({ outcome: 'requested' })
    const { task, tookMs } = await ended(id)
    expect(tookMs).toBeLessThan(2_000)
    expect(task.status).toBe('canceled')
    const events = await logOf(id)
    expectWhole(events)
    expect(typesOf(events)).toEqual(['tool_start', 'update_action', 'task_complete'])
    expect(events[1]?.data).toMatchObject({
      id: 't1',
      status: 'canceled',
      result: expect.stringContaining('cancelled by user'),
    })
    expect((await other.create({ type: 'quick', userId: 'ann', input: null })).outcome).toBe('created')

    // The tool itself comes to its end; what it answers is nobody's any more.
    await runner.told('tool is over')
    expect(await logOf(id)).toEqual(events)
    expect(await store.getTask(id)).toEqual(task)
  })

  it('L4 · ends a task that waits in the queue of another process, which never runs it', async () => {
    const runner = await processes.start(file.path)
    const linger = async (userId: string, ms: number): Promise<string> =>
      (await runner.create({ type: 'linger', userId, input: { ms } }))[0]?.id ?? ''
    // As many as run at a time.
    const busy = await Promise.all(Array.from({ length: 4 }, (_, i) => linger(`busy${i}`, 1_000)))
    const queued = await linger('ann', 0)
    // The sweep of this process must not run it either.
    await here({ sweepMs: 60_000 }).cancel(queued, { actor: 'ann' })
    const { task, tookMs } = await ended(queued)
    expect(tookMs).toBeLessThan(2_000)
    expect(task).toMatchObject({ status: 'canceled', attempt: 0 })
    for (const id of busy) expect((await ended(id)).task.status).toBe('succeeded')
    const [next] = await runner.create({ type: 'quick', userId: 'ann', input: null })
    expect((await ended(next?.id ?? '')).task.status).toBe('succeeded')
    expect(await store.getTask(queued)).toEqual(task)
    expect(typesOf(await logOf(queued))).toEqual(['task_complete'])
  })

  it("L4 · ends a dead owner's task as canceled within the lease and two seconds", async () => {
    const runner = await processes.start(file.path, crashLimits)
    const other = here()
    const [created] = await runner.create({ type: 'linger', userId: 'ann', input: { ms: 60_000 } })
    const id = created?.id ?? ''
    await runner.told('in tool')
    runner.signal('SIGKILL')
    await runner.exited
    await other.cancel(id, { actor: 'ann' })
    const { task, tookMs } = await ended(id)
    expect(tookMs).toBeLessThan(crashLimits.leaseMs + 2_000)
    expect(task.status).toBe('canceled')
    expectWhole(await logOf(id))
  })
})

describe('a process whose event loop is blocked past its lease', () => {
  it.each([
    { type: 'block_once', status: 'failed', attempts: 1 },
    { type: 'block_again', status: 'succeeded', attempts: 2 },
  ])(
    'F5 · loses the task cleanly: another one ends it as $status, and nothing late is written ($type)',
    async ({ type, status, attempts }) => {
      const blocked = await processes.start(file.path, crashLimits)
      const survivor = here()
      const interrupted: string[] = []
      survivor.on('interrupted', ({ id }) => interrupted.push(id))
      const [created] = await blocked.create({ type, userId: 'ann', input: { ms: 4_000 } })
      const id = created?.id ?? ''
      await blocked.told('blocking')
      const { task, tookMs } = await ended(id)
      expect(tookMs).toBeLessThan(crashLimits.leaseMs + 2_000)
      expect(task).toMatchObject({ status, attempt: attempts })
      if (status === 'failed') expect(task.error).toContain('"interrupted"')
      expect(interrupted).toEqual([id])
      const events = await logOf(id)
      expectWhole(events)

      // It wakes, finds out, and starts nothing any more.
      expect(await blocked.told('awake')).toMatchObject({ aborted: true, reason: 'lease_lost' })
      await blocked.runEnded
      expect(blocked.allTold.map(({ what }) => what)).toEqual(['blocking', 'awake'])
      expect(await logOf(id)).toEqual(events)
      expect(JSON.stringify(events)).not.toContain('late')
      expect(await store.getTask(id)).toEqual(task)

      // The process itself is well, and works on.
      const [next] = await blocked.create({ type: 'quick', userId: 'ann', input: null })
      expect((await ended(next?.id ?? '')).task.status).toBe('succeeded')
    },
  )

  it('F5 · goes on as if nothing had happened where nobody else has taken the task', async () => {
    const blocked = await processes.start(file.path, crashLimits)
    const [created] = await blocked.create({ type: 'block_once', userId: 'ann', input: { ms: 2_000 } })
    const { task } = await ended(created?.id ?? '')
    expect(task).toMatchObject({ status: 'succeeded', attempt: 1 })
    expect(blocked.allTold).toContainEqual({ what: 'awake', wrote: true, aborted: false, reason: null })
    expectWhole(await logOf(task.id))
  })
})

describe('processes that end', () => {
  it('L7 · leave readers in other processes with an end, within the lease and two seconds', async () => {
    const runner = await processes.start(file.path, crashLimits)
    const reader = here()
    const [created] = await runner.create({ type: 'linger', userId: 'ann', input: { ms: 60_000 } })
    await runner.told('in tool')
    const seen: TaskEvent[] = []
    const isOver = new Promise<void>((resolve) => {
      reader.subscribe(created?.id ?? '', {}, (page) => {
        seen.push(...page.events.map((text) => JSON.parse(text) as TaskEvent))
        if (isFinalStatus(page.task.status)) resolve()
      })
    })
    const died = performance.now()
    runner.signal('SIGKILL')
    await isOver
    expect(performance.now() - died).toBeLessThan(crashLimits.leaseMs + 2_000)
    expect(typesOf(seen)).toEqual(['tool_start', 'update_action', 'error', 'task_complete'])
  })

  it('L8 · are not killed more than so many times by the same task', async () => {
    let id = ''
    let deaths = 0
    for (; deaths < 10 && !isFinalStatus((await store.getTask(id))?.status ?? 'pending'); deaths++) {
      const runner = await processes.start(file.path, crashLimits)
      if (id === '') id = (await runner.create({ type: 'poison', userId: 'ann', input: null }))[0]?.id ?? ''
      await Promise.race([runner.exited, ended(id)])
    }
    // The one after the third found a task that nobody may try again, and lived.
    expect(deaths).toBe(4)
    const { task } = await ended(id)
    expect(task).toMatchObject({ status: 'failed', attempt: 3 })
    expect(task.error).toContain('"interrupted"')
    expectWhole(await logOf(id))
  })

  it('L9 · all of them: the next one up runs what had not begun, goes on with what may be tried again, and ends the rest', async () => {
    const last = await processes.start(file.path, crashLimits)
    const create = async (type: string, input: unknown): Promise<string> =>
      (await last.create({ type, userId: type, input }))[0]?.id ?? ''
    const resumes = await create('resume', null)
    await last.told('waiting')
    const lingers = await create('linger', { ms: 60_000 })
    await last.told('in tool')
    await create('block_once', { ms: 60_000 })
    await last.told('blocking')
    last.signal('SIGKILL')
    await last.exited
    const waits = await storeOnly('quick')

    const began = performance.now()
    here()
    const [resumed, lingered, quick] = await Promise.all([ended(resumes), ended(lingers), ended(waits)])
    expect(performance.now() - began).toBeLessThan(crashLimits.leaseMs + 2_000)
    expect(resumed.task).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect(JSON.parse(resumed.task.result ?? '')).toEqual({ attempt: 2, lastCheckpoint: 'first part' })
    expect(lingered.task).toMatchObject({ status: 'failed', attempt: 1 })
    expect(quick.task).toMatchObject({ status: 'succeeded', attempt: 1 })
  })

  it('scenario 7 · on SIGTERM let tasks end in time, give back what may be tried again, and stop the rest', async () => {
    const leaving = await processes.start(file.path, crashLimits)
    const create = async (type: string, userId: string, input: unknown): Promise<string> =>
      (await leaving.create({ type, userId, input }))[0]?.id ?? ''
    const resumes = await create('resume', 'u1', null)
    const short = await create('linger', 'u2', { ms: 200 })
    const long = await create('linger', 'u3', { ms: 60_000 })
    await leaving.told('waiting')
    await leaving.told('in tool')
    leaving.signal('SIGTERM')
    expect(await leaving.exited).toEqual({ code: 0, signal: null })
    expect((await store.getTask(short))?.status).toBe('succeeded')
    expect(await store.getTask(long)).toMatchObject({ status: 'canceled', stop: { reason: 'shutdown' } })
    expect(await store.getTask(resumes)).toMatchObject({ status: 'pending', attempt: 0 })
    here()
    expect((await ended(resumes)).task).toMatchObject({ status: 'succeeded', attempt: 1 })
  })
})
