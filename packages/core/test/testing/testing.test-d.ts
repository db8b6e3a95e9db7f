import { memoryStore, type ReadPage, type TaskNotifier, type TaskStore } from '@outlast/core'
import type { BlocksState, Fold } from '@outlast/core/blocks'
import type { TaskEvent } from '@outlast/core/protocol'
import {
  type ConformanceGroup,
  dropHints,
  type Fault,
  type FaultPlan,
  faultyStore,
  killAt,
  listedFaults,
  type MakeStore,
  randomFaults,
  replayTask,
  runTaskNotifierConformance,
  runTaskStoreConformance,
  type StoreCall,
  type StoreMethod,
  seededRandom,
} from '@outlast/core/testing'
import { expectTypeOf, test } from 'vitest'

test('the conformance kit takes a store and its clock', () => {
  let time = 0
  const now = () => time
  const makeStore: MakeStore = () => ({
    store: memoryStore({ now }),
    clock: {
      now,
      advance(ms) {
        time += ms
      },
    },
    dispose: () => undefined,
  })
  runTaskStoreConformance('mine', makeStore)
  runTaskStoreConformance('mine', async () => ({ ...(await makeStore()), peer: memoryStore({ now }) }), {
    skip: { badData: 'a reason' },
  })
  const groups: Record<ConformanceGroup, true> = {
    records: true,
    lists: true,
    events: true,
    capping: true,
    activeTask: true,
    signals: true,
    leases: true,
    work: true,
    retention: true,
    concurrency: true,
    badData: true,
  }
  void groups
  // @ts-expect-error no such group
  runTaskStoreConformance('mine', makeStore, { skip: { everything: 'a reason' } })
  // @ts-expect-error a gap has a reason
  runTaskStoreConformance('mine', makeStore, { skip: { badData: true } })
  // @ts-expect-error a store alone cannot be tested: its clock would run
  runTaskStoreConformance('mine', () => ({ store: memoryStore(), dispose: () => undefined }))
})

test('a notifier needs nothing but an end', () => {
  const notifier = {} as TaskNotifier
  runTaskNotifierConformance('mine', () => ({ notifier, dispose: () => notifier.close() }))
  // @ts-expect-error what was opened must be closed
  runTaskNotifierConformance('mine', () => ({ notifier }))
  expectTypeOf(dropHints(notifier, { share: 0.5, random: seededRandom(7) })).toEqualTypeOf<TaskNotifier>()
})

test('a faulty store is a store, and tells what it was asked', () => {
  const { store, calls } = faultyStore(memoryStore(), randomFaults({ seed: 7, share: 0.2 }))
  expectTypeOf(store).toEqualTypeOf<TaskStore>()
  expectTypeOf(calls).toEqualTypeOf<readonly StoreCall[]>()
  for (const call of calls) {
    if (call.method === 'getTask') expectTypeOf(call.args).toEqualTypeOf<[id: string]>()
  }
  expectTypeOf<StoreMethod>().toEqualTypeOf<Exclude<keyof TaskStore, 'newTaskId' | 'close'>>()
  expectTypeOf<Fault>().toEqualTypeOf<'none' | 'before' | 'after'>()
})

test('plans are objects that a user may write', () => {
  expectTypeOf(listedFaults(['none', 'after'])).toEqualTypeOf<FaultPlan>()
  expectTypeOf(killAt(3, 'before', { methods: ['append'] })).toEqualTypeOf<FaultPlan>()
  faultyStore(memoryStore(), {
    name: 'mine',
    faultOf: ({ method }) => (method === 'append' ? 'after' : 'none'),
  })
  // @ts-expect-error `close` does not fail
  killAt(3, 'before', { methods: ['close'] })
  // @ts-expect-error no such fault
  listedFaults(['never'])
})

test('a replay has the state of its fold', () => {
  const page = {} as ReadPage
  const events: readonly TaskEvent[] = []
  expectTypeOf(replayTask(page)).toEqualTypeOf<BlocksState>()
  expectTypeOf(replayTask(events, {} as Fold<{ count: number }>)).toEqualTypeOf<{ count: number }>()
  // @ts-expect-error texts are parsed by the page they come in
  replayTask(page.events)
})
