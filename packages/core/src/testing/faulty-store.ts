import { TaskError } from '../errors.ts'
import type { TaskStore } from '../store/index.ts'

/** The methods that may fail: `newTaskId` is no call, and `close` stays, so that a test can clean up. */
export type StoreMethod = Exclude<keyof TaskStore, 'newTaskId' | 'close'>

/** One call of a store, as {@link faultyStore} saw it. */
export type StoreCall = {
  [Method in StoreMethod]: {
    /** Number of the call, over all methods, from 0. */
    index: number
    method: Method
    args: Parameters<TaskStore[Method]>
  }
}[StoreMethod]

/** What happens to a call: nothing, or it throws before the store was asked, or when its answer is on the way. */
export type Fault = 'none' | 'before' | 'after'

/** Which calls fail. */
export interface FaultPlan {
  /** Stands in every error: what a failed test needs to be repeated, such as a seed. */
  readonly name: string
  /** Asked once per call, in order. A promise delays the call until it resolves. */
  faultOf(call: StoreCall): Fault | Promise<Fault>
}

/** A store that fails as planned. */
export interface FaultyStore {
  readonly store: TaskStore
  /** Every call, in order, those that failed included. */
  readonly calls: readonly StoreCall[]
}

/**
 * Wraps a store so that its calls fail with `store_unavailable` as a plan says, before the write or after it. To the
 * caller both look alike: the outcome is unknown, and repeating the call MUST be harmless.
 *
 * @example
 * ```ts
 * const { store, calls } = faultyStore(memoryStore(), randomFaults({ seed: 7, share: 0.2 }))
 * ```
 */
export function faultyStore(store: TaskStore, plan: FaultPlan): FaultyStore {
  const calls: StoreCall[] = []

  function fail(call: StoreCall, what: string): never {
    const place = `${call.method}, call ${call.index}`
    throw new TaskError('store_unavailable', `The store failed as planned (${plan.name}): ${place}, ${what}.`)
  }

  async function step<Answer>(call: StoreCall, ask: () => Promise<Answer>): Promise<Answer> {
    calls.push(call)
    const fault = await plan.faultOf(call)
    if (fault === 'before') fail(call, 'nothing was written')
    const answer = await ask()
    if (fault === 'after') fail(call, 'the answer was lost')
    return answer
  }

  function wrapped<Method extends StoreMethod>(method: Method): TaskStore[Method] {
    const ask = store[method].bind(store) as (...args: unknown[]) => Promise<unknown>
    const call = (...args: unknown[]): Promise<unknown> =>
      step({ index: calls.length, method, args } as StoreCall, () => ask(...args))
    return call as TaskStore[Method]
  }

  return {
    calls,
    store: {
      newTaskId: (userId) => store.newTaskId(userId),
      createTask: wrapped('createTask'),
      getTask: wrapped('getTask'),
      listTasks: wrapped('listTasks'),
      readEvents: wrapped('readEvents'),
      append: wrapped('append'),
      signal: wrapped('signal'),
      acquireLease: wrapped('acquireLease'),
      checkLeases: wrapped('checkLeases'),
      releaseLease: wrapped('releaseLease'),
      listWork: wrapped('listWork'),
      deleteTask: wrapped('deleteTask'),
      deleteFinished: wrapped('deleteFinished'),
      stats: wrapped('stats'),
      close: () => store.close(),
    },
  }
}
