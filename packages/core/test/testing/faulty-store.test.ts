import { describe, expect, it } from 'vitest'
import { TaskError } from '../../src/errors.ts'
import type { TaskStore } from '../../src/store/index.ts'
import { memoryStore } from '../../src/stores/memory/index.ts'
import {
  type Fault,
  faultyStore,
  killAt,
  listedFaults,
  randomFaults,
  runTaskStoreConformance,
  type StoreMethod,
} from '../../src/testing/index.ts'
import { memoryHarness } from '../support/memory-harness.ts'
import { openTask } from '../support/open-task.ts'

const sound = listedFaults([])
/** Calls by name; which arguments they get does not matter here. */
const calls: Record<StoreMethod, (store: TaskStore) => Promise<unknown>> = {
  createTask: (store) => openTask(store),
  getTask: (store) => store.getTask('x'),
  listTasks: (store) => store.listTasks({ userId: 'ann', limit: 1 }),
  readEvents: (store) => store.readEvents('x', { from: 0, limit: 1, maxBytes: 1 }),
  append: (store) => store.append([]),
  signal: (store) => store.signal('x', { kind: 'stop', key: 'stop', reason: 'user', actor: 'ann' }),
  acquireLease: (store) => store.acquireLease('x', { claimId: 'c', owner: 'n', ttlMs: 1, purpose: 'run' }),
  checkLeases: (store) => store.checkLeases([]),
  releaseLease: (store) => store.releaseLease('x', '1:x', { refundAttempt: false }),
  listWork: (store) => store.listWork({ pendingForMs: 0, expiringWithinMs: 0, limit: 1 }),
  deleteTask: (store) => store.deleteTask('x'),
  deleteFinished: (store) => store.deleteFinished({ limit: 1 }),
  stats: (store) => store.stats(),
}

async function outcomes(store: TaskStore, count: number): Promise<string[]> {
  const seen: string[] = []
  for (let i = 0; i < count; i++) {
    seen.push(
      await store.stats().then(
        () => 'ok',
        (error: Error) => error.message,
      ),
    )
  }
  return seen
}

runTaskStoreConformance('faultyStore without a fault', () => {
  const harness = memoryHarness()
  return { ...harness, store: faultyStore(harness.store, sound).store }
})

describe('faultyStore', () => {
  it.each(Object.entries(calls))('fails %s as a store does that is away', async (method, call) => {
    const plan = { name: 'always', faultOf: (): Fault => 'before' }
    const thrown = await call(faultyStore(memoryStore(), plan).store).catch((error: unknown) => error)
    expect(TaskError.is(thrown, 'store_unavailable')).toBe(true)
    expect(thrown).toMatchObject({ message: expect.stringContaining(`(always): ${method}, call 0`) })
  })

  it('writes nothing before a fault, and everything when only the answer is lost', async () => {
    const real = memoryStore()
    const { task, token } = await openTask(real)
    const { store, calls } = faultyStore(real, listedFaults(['before', 'after']))
    const append = { taskId: task.id, token, at: 0, events: ['{"idx":0}'] }
    await expect(store.append([append])).rejects.toThrow('nothing was written')
    expect((await real.getTask(task.id))?.nextIdx).toBe(0)
    await expect(store.append([append])).rejects.toThrow('the answer was lost')
    expect((await real.getTask(task.id))?.nextIdx).toBe(1)
    expect(await store.append([append])).toMatchObject([{ outcome: 'ok', nextIdx: 1 }])
    expect(calls).toEqual([0, 1, 2].map((index) => ({ index, method: 'append', args: [[append]] })))
  })

  it('holds a call back until the plan has decided', async () => {
    const { promise, resolve } = deferred<Fault>()
    const { store } = faultyStore(memoryStore(), { name: 'slow', faultOf: () => promise })
    let answered = false
    const call = store.stats().then(() => {
      answered = true
    })
    await new Promise(setImmediate)
    expect(answered).toBe(false)
    resolve('none')
    await call
  })

  it('can be closed, and makes ids, whatever the plan', async () => {
    const { store } = faultyStore(memoryStore(), killAt(0, 'before'))
    expect(store.newTaskId('ann')).toMatch(/./)
    await store.close()
  })
})

describe('the plans', () => {
  it.each(['before', 'after'] as const)('kill a store %s one call, for good', async (when) => {
    const plan = killAt(1, when, { methods: ['stats'] })
    const { store } = faultyStore(memoryStore(), plan)
    await store.listTasks({ userId: 'ann', limit: 1 })
    const [first, killed, ...later] = await outcomes(store, 4)
    expect(first).toBe('ok')
    expect(killed).toMatch(when === 'before' ? 'nothing was written' : 'the answer was lost')
    for (const outcome of later) expect(outcome).toMatch('nothing was written')
    await expect(store.getTask('x')).rejects.toThrow(`killed ${when} step 1`)
  })

  it('spare the methods that they do not name', async () => {
    const { store } = faultyStore(memoryStore(), listedFaults(['before'], { methods: ['stats'] }))
    expect(await store.getTask('x')).toBeNull()
    await expect(store.stats()).rejects.toThrow('stats')
  })

  it('fail by chance, repeatably by the seed, which stands in the error', async () => {
    const run = (seed: number) =>
      outcomes(faultyStore(memoryStore(), randomFaults({ seed, share: 0.5 })).store, 200)
    const first = await run(7)
    expect(await run(7)).toEqual(first)
    expect(await run(8)).not.toEqual(first)
    const failed = first.filter((outcome) => outcome !== 'ok')
    expect(failed.length).toBeGreaterThan(60)
    expect(failed.length).toBeLessThan(140)
    for (const message of failed) expect(message).toContain('(seed 7)')
    for (const what of ['nothing was written', 'the answer was lost']) {
      expect(failed.filter((message) => message.includes(what)).length).toBeGreaterThan(20)
    }
  })

  it('delay by chance, with the wait that they are given', async () => {
    const waits: number[] = []
    const delay = async (share: number) => {
      waits.push(share)
    }
    const { store } = faultyStore(memoryStore(), randomFaults({ seed: 1, share: 0, delay }))
    expect(await outcomes(store, 20)).toEqual(Array(20).fill('ok'))
    expect(waits).toHaveLength(20)
    expect(new Set(waits).size).toBeGreaterThan(10)
    for (const share of waits) expect(share >= 0 && share < 1).toBe(true)
  })
})

function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
