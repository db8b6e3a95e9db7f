import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { initialBlocks, reduceEvents } from '../src/blocks/index.ts'
import {
  defineTask,
  memoryStore,
  type TaskContext,
  type TaskDefinition,
  TaskManager,
  type TaskStore,
} from '../src/index.ts'
import { type ManualClock, manualClock } from './support/manual-clock.ts'
import { eventsOf, fired, until } from './support/test-manager.ts'

type Run = (context: TaskContext) => unknown

/** Several managers on one store; one of them "dies" by being left without time and without a way to the store. */
function cluster(): {
  clock: ManualClock
  store: TaskStore
  manager(
    run: Run,
    definition?: Partial<TaskDefinition>,
    concurrency?: number,
  ): { manager: TaskManager; die(): void }
  /** Creates a task that is not dispatched; with `ttlMs`, one whose owner died after it had taken it for so long. */
  abandoned(fields?: { type?: string; ttlMs?: number }): Promise<string>
  /** Lets time pass in small steps, with everything that is ready done in between. */
  pass(ms: number, until?: () => Promise<boolean>): Promise<void>
} {
  const clock = manualClock()
  const store = memoryStore({ now: clock.now })
  return {
    clock,
    store,
    manager(run, definition = {}, concurrency = 16) {
      let isDead = false
      const never = new Promise<never>(() => {})
      const mortalStore = new Proxy(store, {
        get(target, name: keyof TaskStore) {
          const method = target[name] as (...args: unknown[]) => unknown
          return (...args: unknown[]) => (isDead ? never : method.apply(target, args))
        },
      })
      const mortalClock = {
        now: clock.now,
        schedule: (callback: () => void, ms: number) => clock.schedule(() => !isDead && callback(), ms),
      }
      const work = defineTask({ type: 'work', input: z.unknown(), run, ...definition })
      const manager = new TaskManager({ tasks: [work], store: mortalStore, clock: mortalClock, concurrency })
      return {
        manager,
        die: () => {
          isDead = true
        },
      }
    },
    async abandoned({ type = 'work', ttlMs } = {}) {
      const id = store.newTaskId('u1')
      const who = { userId: 'u1', workspaceId: 'default', conversationId: null, scope: null }
      const rest = { input: '"hello"', summary: '{}', session: null, deadlineAt: null, idempotency: null }
      await store.createTask({ id, type, ...who, ...rest }, { policy: 'reject' })
      if (ttlMs === undefined) return id
      const claim = { claimId: id, owner: 'dead', ttlMs, purpose: 'run' } as const
      expect((await store.acquireLease(id, claim)).outcome).toBe('acquired')
      return id
    },
    async pass(ms, until) {
      for (let passed = 0; passed < ms; passed += 250) {
        clock.advance(250)
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
        if (await until?.()) return
      }
    },
  }
}

const toTheEnd = { onInterrupted: 'retry' as const }

describe('a task whose process has died', () => {
  it('L7 · is ended as interrupted within the lease and two seconds, with its blocks closed and its slot free', async () => {
    const { manager, store, pass, clock } = cluster()
    let calls = 0
    const doomed = manager(async ({ emit, tool, signal }) => {
      emit('text_chunk', { content: 'partial' })
      await tool({ id: 't1', name: 'long' }, () => {
        calls++
        return fired(signal)
      })
    })
    const survivor = manager(() => 'never run')
    const told: string[] = []
    survivor.manager.on('interrupted', (task) => told.push(task.id))
    const task = await doomed.manager.create({ userId: 'u1', input: null })
    await until(() => calls === 1)
    // Alive: renewed again and again, it is nobody else's.
    await pass(30_000)
    expect((await store.getTask(task.id))?.status).toBe('running')
    doomed.die()
    const died = clock.now()
    await pass(15_000, async () => (await store.getTask(task.id))?.status === 'failed')
    expect(clock.now() - died).toBeLessThanOrEqual(12_000)
    const record = await store.getTask(task.id)
    expect(JSON.parse(record?.error ?? 'null')).toMatchObject({ code: 'interrupted' })
    expect(told).toEqual([task.id])
    const events = await eventsOf(survivor.manager, task.id)
    expect(events.map((event) => event.type)).toEqual([
      'text_chunk',
      'tool_start',
      'update_action',
      'text_end',
      'error',
      'task_complete',
    ])
    expect(calls).toBe(1)
    expect((await survivor.manager.create({ userId: 'u1', input: null })).outcome).toBe('created')
  })

  it('is run again where its definition says so, from its checkpoint, and shows only what counts', async () => {
    const { manager, store, pass } = cluster()
    const seen: unknown[] = []
    const run: Run = async ({ emit, attempt, lastCheckpoint, checkpoint, flush, signal }) => {
      seen.push([attempt, lastCheckpoint])
      const done = lastCheckpoint === null ? 0 : (lastCheckpoint as { step: number }).step
      for (let step = done + 1; step <= 4; step++) {
        emit('text_chunk', { content: `step ${step}. ` })
        if (step === 3 && attempt === 1) {
          await flush()
          return fired(signal)
        }
        await checkpoint({ step })
      }
      return 'all steps'
    }
    const doomed = manager(run, toTheEnd)
    const survivor = manager(run, toTheEnd)
    const task = await doomed.manager.create({ userId: 'u1', input: null })
    await until(async () => (await store.getTask(task.id))?.nextIdx === 5)
    doomed.die()
    await pass(15_000, async () => (await store.getTask(task.id))?.status === 'succeeded')
    expect(seen).toEqual([
      [1, null],
      [2, { step: 2 }],
    ])
    expect(await store.getTask(task.id)).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      result: '"all steps"',
    })
    const events = await eventsOf(survivor.manager, task.id)
    expect(events.filter((event) => event.type === 'attempt_reset').map((event) => event.data)).toEqual([
      { attempt: 2, keep_before: 4 },
    ])
    const { blocks } = reduceEvents(initialBlocks, events)
    expect(blocks.map((block) => (block as { content: string }).content)).toEqual([
      'step 1. ',
      'step 2. ',
      'step 3. ',
      'step 4. ',
    ])
  })

  it('finds the answer that was given to its question when it asks again', async () => {
    const { manager, store, pass } = cluster()
    const run: Run = async ({ waitForInput, attempt, signal }) => {
      const answer = await waitForInput({ id: 'q', prompt: 'Which?', schema: z.string() })
      if (attempt === 1) return fired(signal)
      return answer
    }
    const doomed = manager(run, toTheEnd)
    const survivor = manager(run, toTheEnd)
    const task = await doomed.manager.create({ userId: 'u1', input: null })
    await until(async () => (await store.getTask(task.id))?.nextIdx === 1)
    await survivor.manager.answerInput(task.id, { id: 'q', value: 'this one', actor: 'u1' })
    await pass(3_000, async () => (await store.getTask(task.id))?.nextIdx === 2)
    doomed.die()
    await pass(15_000, async () => (await store.getTask(task.id))?.status === 'succeeded')
    expect((await store.getTask(task.id))?.result).toBe('{"outcome":"answered","value":"this one"}')
  })

  it('L8 · is tried a bounded number of times when it kills every process that runs it', async () => {
    const { manager, store, pass } = cluster()
    let attempts = 0
    const run: Run = ({ signal }) => {
      attempts++
      return fired(signal)
    }
    const definition = { ...toTheEnd, maxAttempts: 3 }
    let process = manager(run, definition)
    const task = await process.manager.create({ userId: 'u1', input: null })
    for (let round = 1; round <= 3; round++) {
      await pass(20_000, async () => attempts === round)
      process.die()
      process = manager(run, definition)
    }
    await pass(20_000, async () => (await store.getTask(task.id))?.status === 'failed')
    expect(attempts).toBe(3)
    expect(await store.getTask(task.id)).toMatchObject({
      status: 'failed',
      attempt: 3,
      error: expect.stringContaining('"interrupted"'),
    })
  })

  it('L4 · is canceled when somebody had asked for that', async () => {
    const { manager, store, pass } = cluster()
    const doomed = manager(({ signal }) => fired(signal))
    const survivor = manager(() => null)
    const task = await doomed.manager.create({ userId: 'u1', input: null })
    await until(async () => (await store.getTask(task.id))?.status === 'running')
    doomed.die()
    await survivor.manager.cancel(task.id, { actor: 'u1', reason: 'enough' })
    await pass(15_000, async () => (await store.getTask(task.id))?.status === 'canceled')
    expect(await store.getTask(task.id)).toMatchObject({ status: 'canceled', stop: { reason: 'enough' } })
  })

  it('L9 · runs elsewhere if it had not begun', async () => {
    const { manager, store, pass, abandoned } = cluster()
    const id = await abandoned()
    manager(({ input }) => input)
    await pass(5_000, async () => (await store.getTask(id))?.status === 'succeeded')
    expect(await store.getTask(id)).toMatchObject({ status: 'succeeded', result: '"hello"', attempt: 1 })
  })
})

describe('a backlog', () => {
  const wait: Run = ({ signal }) => fired(signal)
  const unscoped = { scope: () => null }
  const statusOf = async (store: TaskStore, id: string) => (await store.getTask(id))?.status

  it('hides no task whose process has died, and none that was stopped', async () => {
    const { manager, store, pass, abandoned } = cluster()
    const busy = manager(wait, unscoped, 1)
    for (let count = 0; count < 250; count++) await busy.manager.create({ userId: 'u1', input: null })
    const dead = await abandoned({ ttlMs: 10_000 })
    const stopped = await abandoned()
    await store.signal(stopped, { kind: 'stop', key: 'stop', reason: 'enough', actor: 'u1' })
    await pass(2_500, async () => (await statusOf(store, stopped)) === 'canceled')
    expect(await statusOf(store, stopped)).toBe('canceled')
    await pass(12_000, async () => (await statusOf(store, dead)) === 'failed')
    expect(await statusOf(store, dead)).toBe('failed')
  })

  it('of tasks that are to run again hides no other dead one, though nobody has a place for them', async () => {
    const { manager, store, pass, abandoned } = cluster()
    const busy = manager(wait, { ...unscoped, ...toTheEnd }, 1)
    const told: string[] = []
    busy.manager.on('interrupted', ({ id }) => told.push(id))
    await busy.manager.create({ userId: 'u1', input: null })
    const again: string[] = []
    for (let count = 0; count < 250; count++) again.push(await abandoned({ ttlMs: 10_000 }))
    const stopped = await abandoned({ ttlMs: 10_000 })
    await store.signal(stopped, { kind: 'stop', key: 'stop', reason: 'enough', actor: 'u1' })
    await pass(30_000, async () => (await statusOf(store, stopped)) === 'canceled')
    expect(await statusOf(store, stopped)).toBe('canceled')
    for (const id of again) expect(await statusOf(store, id)).toBe('pending')
    expect(told).toEqual([...again, stopped])
  })

  it('leaves a task that is to run again to the first process with a place, and tells of its death once', async () => {
    const { manager, store, pass, abandoned } = cluster()
    const told: string[] = []
    for (let count = 0; count < 2; count++) {
      const busy = manager(wait, { ...unscoped, ...toTheEnd }, 1)
      busy.manager.on('interrupted', ({ id }) => told.push(id))
      await busy.manager.create({ userId: 'u1', input: null })
    }
    const id = await abandoned({ ttlMs: 10_000 })
    await pass(30_000)
    expect(told).toEqual([id])
    expect(await store.getTask(id)).toMatchObject({ status: 'pending', attempt: 1 })
    manager(({ attempt }) => attempt, { ...unscoped, ...toTheEnd })
    await pass(5_000, async () => (await statusOf(store, id)) === 'succeeded')
    expect(await store.getTask(id)).toMatchObject({ status: 'succeeded', attempt: 2, result: '2' })
    expect(told).toEqual([id])
  })
})

describe('a task of a type that no process knows any more', () => {
  const renamed = { type: 'renamed' }

  it('is ended as interrupted, once those who may know it have had three leases more', async () => {
    const { manager, store, pass, abandoned } = cluster()
    const { manager: survivor } = manager(() => null, renamed)
    const id = await abandoned({ ttlMs: 10_000 })
    await pass(39_000)
    expect((await store.getTask(id))?.status).toBe('running')
    await pass(8_000, async () => (await store.getTask(id))?.status === 'failed')
    expect((await store.getTask(id))?.error).toContain('"interrupted"')
    expect((await eventsOf(survivor, id)).map((event) => event.type)).toEqual(['error', 'task_complete'])
  })

  it('is run again by a process that knows it, if there is one', async () => {
    const { manager, store, pass, abandoned } = cluster()
    manager(() => null, renamed)
    const id = await abandoned({ ttlMs: 10_000 })
    await pass(30_000)
    manager(({ attempt }) => attempt, toTheEnd)
    await pass(10_000, async () => (await store.getTask(id))?.status === 'succeeded')
    expect(await store.getTask(id)).toMatchObject({ status: 'succeeded', result: '2' })
  })

  it('is canceled at once when somebody asks for that, whether it had begun or not', async () => {
    const { manager, store, pass, abandoned } = cluster()
    const { manager: survivor } = manager(() => null, renamed)
    const begun = await abandoned({ ttlMs: 10_000 })
    const waiting = await abandoned()
    const stoppedBefore = await abandoned()
    const stop = { kind: 'stop', key: 'stop', reason: 'enough', actor: 'u1' } as const
    await store.signal(stoppedBefore, stop)
    await pass(20_000)
    expect((await store.getTask(begun))?.status).toBe('running')
    for (const id of [begun, waiting]) await survivor.cancel(id, { actor: 'u1', reason: 'enough' })
    await pass(2_500, async () => (await store.getTask(begun))?.status === 'canceled')
    for (const id of [begun, waiting, stoppedBefore]) {
      expect(await store.getTask(id)).toMatchObject({ status: 'canceled', stop: { reason: 'enough' } })
    }
  })
})

describe('a process that shuts down', () => {
  it('gives a task that may be retried back, and another process goes on without counting an attempt', async () => {
    const { manager, store, pass } = cluster()
    let reason: unknown
    const leaving = manager(async ({ emit, signal, checkpoint }) => {
      emit('text_chunk', { content: 'begun. ' })
      await checkpoint('here')
      await fired(signal)
      reason = signal.reason
    }, toTheEnd)
    const task = await leaving.manager.create({ userId: 'u1', input: null })
    await until(async () => (await store.getTask(task.id))?.nextIdx === 2)
    const closing = leaving.manager.close({ drainMs: 1_000 })
    await pass(2_000)
    await closing
    expect(reason).toMatchObject({ code: 'shutdown' })
    expect(await store.getTask(task.id)).toMatchObject({ status: 'pending', attempt: 0 })
    const staying = manager(({ lastCheckpoint }) => `went on from ${lastCheckpoint}`, toTheEnd)
    await pass(5_000, async () => (await store.getTask(task.id))?.status === 'succeeded')
    expect(await staying.manager.get(task.id)).toMatchObject({ attempt: 1, result: '"went on from here"' })
  })

  it('takes nothing for done that it has cut short', async () => {
    const { manager, store, pass } = cluster()
    let isFirst = true
    const run: Run = async ({ tool, checkpoint, lastCheckpoint, signal }) => {
      for (let step = Number(lastCheckpoint ?? 0); step < 4; step++) {
        // A tool that is cut short does not throw.
        await tool({ id: `t${step}`, name: 'step' }, () =>
          isFirst && step === 1 ? fired(signal) : undefined,
        )
        await checkpoint(step + 1)
      }
    }
    const toolsOf = async (type: string): Promise<unknown[]> =>
      (await eventsOf(leaving.manager, task.id)).flatMap((event) =>
        event.type === type ? [(event.data as { id: string }).id] : [],
      )
    const leaving = manager(run, toTheEnd)
    const task = await leaving.manager.create({ userId: 'u1', input: null })
    await until(async () => (await toolsOf('tool_start')).includes('t1'))
    const closing = leaving.manager.close({ drainMs: 0 })
    await pass(4_000)
    await closing
    isFirst = false
    manager(run, toTheEnd)
    await pass(5_000, async () => (await store.getTask(task.id))?.status === 'succeeded')
    expect(await toolsOf('tool_start')).toEqual(['t0', 't1', 't1', 't2', 't3'])
  })
})

describe('a deadline', () => {
  it('ends a task as failed with the code timeout, whatever it is doing', async () => {
    const { manager, store, pass } = cluster()
    const { manager: only } = manager(
      ({ signal, tool }) => tool({ id: 't', name: 'long' }, () => fired(signal)),
      {
        timeoutMs: 5_000,
      },
    )
    const task = await only.create({ userId: 'u1', input: null })
    await pass(4_000)
    expect((await store.getTask(task.id))?.status).toBe('running')
    await pass(4_000, async () => (await store.getTask(task.id))?.status === 'failed')
    expect((await store.getTask(task.id))?.error).toContain('"timeout"')
  })
})

describe('finished tasks', () => {
  it('are removed when their time is over, and not before', async () => {
    const { manager, store, pass, clock } = cluster()
    const { manager: only } = manager(() => 'done')
    const swept: number[] = []
    only.on('swept', (count) => swept.push(count))
    const task = await only.create({ userId: 'u1', input: null })
    await until(async () => (await store.getTask(task.id))?.status === 'succeeded')
    clock.advance(23 * 3_600_000)
    await pass(1_000)
    expect(await store.getTask(task.id)).not.toBeNull()
    clock.advance(2 * 3_600_000)
    await pass(1_000, async () => (await store.getTask(task.id)) === null)
    expect(await store.getTask(task.id)).toBeNull()
    expect(swept).toEqual([1])
  })
})
