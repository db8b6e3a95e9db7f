import { describe, expect, it } from 'vitest'
import { TaskLeases } from '../../src/run/index.ts'
import type { LeaseAnswer, Signal, TaskStore } from '../../src/store/index.ts'
import { memoryStore } from '../../src/stores/memory/index.ts'
import { manualClock } from '../support/manual-clock.ts'
import { openTask } from '../support/open-task.ts'
import { eventsOf, fired, managerFor, until } from '../support/test-manager.ts'

const stop: Signal = { kind: 'stop', key: 'stop', reason: 'r', actor: 'a' }

function leasesFor(
  answer: (token: string) => LeaseAnswer | Error,
  stopCheckMs = 1_000,
): {
  leases: TaskLeases
  clock: ReturnType<typeof manualClock>
  calls: (number | undefined)[]
  errors: unknown[]
} {
  const clock = manualClock()
  const calls: (number | undefined)[] = []
  const errors: unknown[] = []
  const store = {
    async checkLeases(own: readonly { taskId: string; token: string }[], renewMs?: number) {
      calls.push(renewMs)
      return own.map(({ token }) => {
        const reply = answer(token)
        if (reply instanceof Error) throw reply
        return reply
      })
    },
  } as unknown as TaskStore
  const times = { leaseMs: 10_000, renewMs: 3_000, stopCheckMs }
  return { leases: new TaskLeases(store, clock, times, (error) => errors.push(error)), clock, calls, errors }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('TaskLeases', () => {
  it('asks every second, and renews every third', async () => {
    const { leases, clock, calls } = leasesFor(() => ({ taskId: 't', state: 'held', signals: [] }))
    leases.hold('t', { token: '1:a', onSignals: () => {}, onLost: () => {} })
    for (let second = 0; second < 7; second++) {
      clock.advance(1_000)
      await settled()
    }
    expect(calls).toEqual([undefined, undefined, 10_000, undefined, undefined, 10_000, undefined])
    leases.drop('t')
    clock.advance(60_000)
    await settled()
    expect(calls).toHaveLength(7)
  })

  it('renews in time, however rarely stops are looked for', async () => {
    const { leases, clock, calls } = leasesFor(() => ({ taskId: 't', state: 'held', signals: [] }), 30_000)
    leases.hold('t', { token: '1:a', onSignals: () => {}, onLost: () => {} })
    for (let second = 0; second < 7; second++) {
      clock.advance(1_000)
      await settled()
    }
    expect(calls).toEqual([10_000, 10_000])
    leases.drop('t')
  })

  it('hands on signals and the loss, and takes an answer that does not come for no answer', async () => {
    const replies: (LeaseAnswer | Error)[] = [
      new Error('the store is away'),
      { taskId: 't', state: 'held', signals: [stop] },
      { taskId: 't', state: 'lost' },
    ]
    const told: unknown[] = []
    const { leases, clock, errors } = leasesFor(() => replies.shift() ?? new Error('asked too often'))
    leases.hold('t', { token: '1:a', onSignals: (s) => told.push(s), onLost: () => told.push('lost') })
    for (let i = 0; i < 3; i++) {
      clock.advance(1_000)
      await settled()
    }
    expect(errors).toHaveLength(1)
    expect(told).toEqual([[stop], 'lost'])
  })

  it('does not hand an answer about an earlier run to a later one', async () => {
    let answer: (() => void) | undefined
    const clock = manualClock()
    const store = {
      checkLeases: () =>
        new Promise((resolve) => {
          answer = () => resolve([{ taskId: 't', state: 'lost' }])
        }),
    } as unknown as TaskStore
    const leases = new TaskLeases(
      store,
      clock,
      { leaseMs: 10_000, renewMs: 3_000, stopCheckMs: 1_000 },
      () => {},
    )
    let lost = 0
    leases.hold('t', { token: '1:a', onSignals: () => {}, onLost: () => lost++ })
    clock.advance(1_000)
    leases.drop('t')
    leases.hold('t', { token: '2:b', onSignals: () => {}, onLost: () => lost++ })
    answer?.()
    await settled()
    expect(lost).toBe(0)
  })
})

describe('two managers on one store', () => {
  it('a stop through one ends the task that the other runs', async () => {
    const store = memoryStore()
    const runs = managerFor(
      async ({ emit, signal }) => {
        emit('text_chunk', { content: 'partial' })
        await fired(signal)
      },
      { store, limits: { stopCheckMs: 20 } },
    )
    const stops = managerFor(() => null, { store })
    const task = await runs.create({ userId: 'u1', input: null })
    await until(async () => (await runs.get(task.id))?.nextIdx === 1)
    expect(await stops.cancel(task.id, { actor: 'u1' })).toEqual({
      outcome: 'requested',
      status: 'cancel_requested',
    })
    expect((await task.finished()).status).toBe('canceled')
    expect((await eventsOf(runs, task.id)).map((event) => event.type)).toEqual([
      'text_chunk',
      'text_end',
      'task_complete',
    ])
  })

  it('aborts a run whose lease somebody else has taken, and writes nothing more', async () => {
    const clock = manualClock()
    const store = memoryStore({ now: clock.now })
    let reason: unknown
    const manager = managerFor(
      async ({ emit, signal, flush }) => {
        emit('text_chunk', { content: 'mine' })
        await flush()
        await fired(signal)
        reason = signal.reason
        emit('text_chunk', { content: 'too late' })
      },
      { store, limits: { stopCheckMs: 20 } },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    await until(async () => (await manager.get(task.id))?.nextIdx === 1)
    clock.advance(60_000)
    const [work] = await store.listWork({ pendingForMs: 0, expiringWithinMs: 0, limit: 10 })
    const takeover = await store.acquireLease(task.id, {
      claimId: 'other',
      owner: 'other',
      ttlMs: 60_000,
      purpose: 'finish',
      seen: { token: work?.token ?? '', beat: work?.beat ?? -1 },
    })
    expect(takeover.outcome).toBe('acquired')
    await until(() => reason !== undefined)
    expect(reason).toMatchObject({ code: 'lease_lost' })
    await manager.close({ drainMs: 1_000 })
    expect((await store.getTask(task.id))?.nextIdx).toBe(1)
  })
})

describe('another attempt', () => {
  it('does not run when the lease is lost before it has begun', async () => {
    const real = memoryStore()
    const { task, token } = await openTask(real)
    await real.append([{ taskId: task.id, token, at: 0, events: ['{"idx":0}'] }])
    await real.releaseLease(task.id, token, { refundAttempt: false })
    let asked = false
    const store: TaskStore = Object.assign(Object.create(real) as TaskStore, {
      append: async (batch: Parameters<TaskStore['append']>[0]) => {
        asked = true
        return batch.map(() => ({ outcome: 'fenced' as const }))
      },
    })
    let runs = 0
    const manager = managerFor(() => runs++, { store, limits: { sweepMs: 10 } })
    await until(() => asked)
    await manager.close({ drainMs: 1_000 })
    expect(runs).toBe(0)
  })
})

describe('a store that goes away', () => {
  it('costs a running task nothing but time', async () => {
    const real = memoryStore()
    let away = false
    const errors: unknown[] = []
    const store: TaskStore = Object.assign(Object.create(real) as TaskStore, {
      append: (batch: Parameters<TaskStore['append']>[0]) =>
        away ? Promise.reject(new Error('connection refused')) : real.append(batch),
    })
    const manager = managerFor(
      async ({ emit, flush }) => {
        emit('text_chunk', { content: 'before ' })
        await flush()
        away = true
        for (let i = 0; i < 50; i++) emit('text_chunk', { content: `${i} ` })
        return 'done'
      },
      {
        store,
        onError: (error) => {
          errors.push(error)
          if (errors.length === 2) away = false
        },
      },
    )
    const task = await manager.create({ userId: 'u1', input: null })
    expect((await task.finished()).status).toBe('succeeded')
    expect(errors).toHaveLength(2)
    const events = await eventsOf(manager, task.id)
    expect(events.map((event) => event.idx)).toEqual(Array.from({ length: 53 }, (_, idx) => idx))
  })
})
