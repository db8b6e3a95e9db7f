import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defaults } from '../../src/defaults.ts'
import { type Clock, defineTask, type TaskContext, TaskManager, type TaskStore } from '../../src/index.ts'
import { eachStore, type StoreKind } from '../support/each-store.ts'
import { manualClock } from '../support/manual-clock.ts'
import { eventsOf, fired, managerFor, until } from '../support/test-manager.ts'

const hour = 3_600_000
const stepMs = 250

/** Whose clock is set anew: each may be on a machine of its own. */
const clocks = ['store', 'owner', 'other'] as const
type ClockName = (typeof clocks)[number]

interface Jump {
  which: readonly ClockName[]
  ms: number
}

const jumpKinds = [
  { what: "the store's clock", which: ['store'] },
  { what: "the owner's clock", which: ['owner'] },
  { what: "another process's clock", which: ['other'] },
  { what: 'the clock of the machine that they share', which: clocks },
] as const satisfies readonly { what: string; which: readonly ClockName[] }[]

const directions = [
  { way: 'forward', ms: hour },
  { way: 'back', ms: -hour },
]

/** Two managers on one store, and three clocks. True time passes for all of them; what they call it may jump. */
interface World {
  store: TaskStore
  owner: TaskManager
  other: TaskManager
  jump(jump: Jump): void
  /** Lets true time pass in small steps, with everything that is ready done in between. */
  pass(ms: number): Promise<void>
  /** Lets true time pass at once. */
  advance(ms: number): void
  /** The owner's process is gone. */
  die(): void
  /** The store takes no renewal of the owner's. */
  stall(is: boolean): void
  /** Lets the run of the task write once and end. */
  finish(): void
  /** Ids of tasks that were taken from a process. */
  interrupted: string[]
}

function world({ open }: StoreKind): World {
  const time = manualClock()
  const skew: Record<ClockName, number> = { store: 0, owner: 0, other: 0 }
  const clock = (name: ClockName): Clock => ({
    now: () => time.now() + skew[name],
    schedule: time.schedule,
  })
  const node = open({ now: clock('store').now })
  const store = node()
  const interrupted: string[] = []
  let isOver = false
  let isDead = false
  let isStalled = false
  const run = async ({ emit, flush, signal }: TaskContext): Promise<string> => {
    emit('text_chunk', { content: 'before ' })
    await flush()
    await until(() => isOver || isDead || signal.aborted)
    emit('text_chunk', { content: 'after' })
    await flush()
    return 'done'
  }
  const never = new Promise<never>(() => {})
  const mortal = new Proxy(store, {
    get(target, name: keyof TaskStore) {
      const method = target[name] as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        if (isDead) return never
        if (isStalled && name === 'checkLeases') return Promise.reject(new Error('busy'))
        return method.apply(target, args)
      }
    },
  })
  // Not closed after the test: a dead process closes nothing.
  const owner = new TaskManager({
    tasks: [defineTask({ type: 'work', input: z.unknown(), run })],
    store: mortal,
    clock: clock('owner'),
    onError: () => {},
  })
  const other = managerFor(run, { store: node(), clock: clock('other') })
  for (const manager of [owner, other]) manager.on('interrupted', ({ id }) => interrupted.push(id))
  return {
    store,
    owner,
    other,
    interrupted,
    jump({ which, ms }) {
      for (const name of which) skew[name] += ms
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += stepMs) {
        time.advance(stepMs)
        for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
    },
    advance: time.advance,
    die() {
      isDead = true
    },
    stall(is) {
      isStalled = is
    },
    finish() {
      isOver = true
    },
  }
}

async function running(world: World, userId: string): Promise<string> {
  const task = await world.owner.create({ userId, input: null })
  await until(async () => (await world.store.getTask(task.id))?.nextIdx === 1)
  return task.id
}

/** The task is still its first owner's, and comes to the end that it would have had. */
async function expectUndisturbed(world: World, id: string): Promise<void> {
  expect(world.interrupted).toEqual([])
  expect(await world.store.getTask(id)).toMatchObject({ status: 'running', attempt: 1 })
  world.finish()
  await until(async () => (await world.store.getTask(id))?.status !== 'running')
  expect(await world.store.getTask(id)).toMatchObject({ status: 'succeeded', attempt: 1 })
  const events = await eventsOf(world.owner, id)
  expect(events.map(({ idx, type }) => [idx, type])).toEqual([
    [0, 'text_chunk'],
    [1, 'text_chunk'],
    [2, 'text_end'],
    [3, 'task_complete'],
  ])
  const times = events.map(({ ts }) => ts)
  expect(times).toEqual([...times].sort((a, b) => a - b))
}

describe.each(eachStore)('a clock that is set while tasks run in $name', (kind) => {
  it.each(jumpKinds.flatMap((jump) => directions.map((direction) => ({ ...jump, ...direction }))))(
    'F4 · takes no live task from its owner: $what, an hour $way, at any moment between renewals',
    async ({ which, ms }) => {
      for (let moment = 0; moment < defaults.renewMs; moment += stepMs) {
        const here = world(kind)
        const id = await running(here, 'ann')
        await here.pass(10_000 + moment)
        here.jump({ which, ms })
        await here.pass(15_000)
        await expectUndisturbed(here, id)
      }
    },
  )

  it('F4 · takes none however often clocks are set', async () => {
    const jumps = fc.array(
      fc.record({
        which: fc.constantFrom(...jumpKinds.map(({ which }) => which)),
        ms: fc.integer({ min: -hour, max: hour }),
        afterMs: fc.integer({ min: stepMs, max: 4_000 }).map((ms) => ms - (ms % stepMs)),
      }),
      { minLength: 2, maxLength: 5 },
    )
    await fc.assert(
      fc.asyncProperty(jumps, async (jumps) => {
        const here = world(kind)
        const id = await running(here, 'ann')
        for (const { afterMs, ...jump } of jumps) {
          await here.pass(afterMs)
          here.jump(jump)
        }
        await here.pass(15_000)
        await expectUndisturbed(here, id)
      }),
      { numRuns: 25 },
    )
  })

  it('F4 · takes no task whose renewal is late when the clock of the machine goes forward', async () => {
    const here = world(kind)
    const id = await running(here, 'ann')
    await here.pass(10_000)
    here.stall(true)
    await here.pass(6_000)
    here.jump({ which: clocks, ms: hour })
    await here.pass(1_000)
    here.stall(false)
    await here.pass(15_000)
    await expectUndisturbed(here, id)
  })

  it('F4 · finds a dead owner in time when the clock of the one who looks is set back', async () => {
    const here = world(kind)
    const id = await running(here, 'ann')
    await here.pass(10_000)
    here.die()
    await here.pass(8_000)
    here.jump({ which: ['other'], ms: -hour })
    await here.pass(5_000)
    expect((await here.store.getTask(id))?.status).toBe('failed')
  })

  it.each(jumpKinds)('F4 · hides no dead owner: $what, an hour forward', async ({ which }) => {
    const here = world(kind)
    const id = await running(here, 'ann')
    await here.pass(10_000)
    here.die()
    await here.pass(1_000)
    here.jump({ which, ms: hour })
    await here.pass(defaults.leaseMs + 1_000)
    expect(await here.store.getTask(id)).toMatchObject({ status: 'failed', attempt: 1 })
    expect(here.interrupted).toEqual([id])
  })

  it('F4 · hides a dead owner no longer than a clock was set back', async () => {
    const here = world(kind)
    const id = await running(here, 'ann')
    await here.pass(10_000)
    here.die()
    here.jump({ which: clocks, ms: -60_000 })
    await here.pass(60_000)
    expect((await here.store.getTask(id))?.status).toBe('running')
    await here.pass(defaults.leaseMs + 2_000)
    expect(await here.store.getTask(id)).toMatchObject({ status: 'failed', attempt: 1 })
  })

  it.each(directions)(
    'F4 · changes no deadline and no question that is being waited for: an hour $way',
    async ({ ms }) => {
      const time = manualClock()
      let skew = 0
      const clock: Clock = { now: () => time.now() + skew, schedule: time.schedule }
      const outcomes: string[] = []
      const asks = defineTask({
        type: 'asks',
        input: z.unknown(),
        timeoutMs: 20_000,
        async run({ waitForInput, signal }) {
          const { outcome } = await waitForInput({ id: 'q', prompt: 'Well?', expiresAt: clock.now() + 5_000 })
          outcomes.push(outcome)
          await fired(signal)
        },
      })
      const manager = managerFor(() => null, { store: kind.open({ now: clock.now })(), tasks: [asks], clock })
      const task = await manager.create({ userId: 'ann', input: null })
      const reaches = (idx: number) => until(async () => (await manager.get(task.id))?.nextIdx === idx)
      await reaches(1)
      skew = ms
      time.advance(4_900)
      expect(outcomes).toEqual([])
      time.advance(200)
      await reaches(2)
      expect(outcomes).toEqual(['expired'])
      time.advance(14_800)
      expect((await manager.get(task.id))?.status).toBe('running')
      time.advance(200)
      await until(async () => (await manager.get(task.id))?.status === 'failed')
      expect((await manager.get(task.id))?.error).toContain('"timeout"')
    },
  )

  it.each(directions)(
    'F4 · forgets no key and no finished task before its time, give or take the hour: an hour $way',
    async ({ ms }) => {
      const here = world(kind)
      here.finish()
      const request = { userId: 'ann', input: null, idempotencyKey: 'k' }
      const task = await here.owner.create(request)
      await until(async () => (await here.store.getTask(task.id))?.status === 'succeeded')
      here.jump({ which: clocks, ms })
      const repeated = await here.other.create(request)
      expect(repeated).toMatchObject({ id: task.id, outcome: 'repeated' })
      const passHours = async (hours: number): Promise<void> => {
        for (let passed = 0; passed < hours; passed++) {
          here.advance(hour)
          await here.pass(stepMs)
        }
      }
      await passHours(22)
      expect(await here.store.getTask(task.id)).not.toBeNull()
      await passHours(5)
      expect(await here.store.getTask(task.id)).toBeNull()
    },
  )
})
