import { TaskError } from '../../errors.ts'
import type { TaskStore } from '../../store/index.ts'
import { type RandomBytes, randomIds } from '../shared/random-ids.ts'
import { appendEvents } from './append-events.ts'
import { createTask } from './create-task.ts'
import { IdempotencyKeys } from './idempotency-keys.ts'
import { acquireLease, checkLeases, releaseLease } from './leases.ts'
import { listTasks } from './list-tasks.ts'
import { listWork } from './list-work.ts'
import type { MemoryState } from './memory-state.ts'
import { readEvents } from './read-events.ts'
import { deleteFinished, deleteTask } from './retention.ts'
import { RunDurations } from './run-durations.ts'
import { ScopeSlots } from './scope-slots.ts'
import { sendSignal } from './signals.ts'
import { copyRecord } from './stored-task.ts'
import { TaskIndex } from './task-index.ts'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** The store's clock, in milliseconds since 1970. Default: the host's. */
  now?: () => number
  /** Random bytes for ids, epochs and lease tokens. Default: the hardware's. */
  random?: RandomBytes
}

/**
 * A store within this process: the fastest one, and gone with the process. Finished tasks stay until they are deleted.
 *
 * @example
 * ```ts
 * const manager = new TaskManager({ store: memoryStore(), tasks: [chat] })
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): TaskStore {
  const state: MemoryState = {
    now: options.now ?? Date.now,
    ids: randomIds(options.random),
    tasks: new TaskIndex(),
    slots: new ScopeSlots(),
    keys: new IdempotencyKeys(),
    durations: new RunDurations(),
  }
  let closed = false

  /** The state while the store is open. @throws TaskError `store_unavailable` */
  function opened(): MemoryState {
    if (closed) throw new TaskError('store_unavailable', 'The store was closed; open a new one.')
    return state
  }

  // `async` without `await`: each body runs to its end at once, as one atomic step, and a throw becomes a rejection.
  return {
    newTaskId: () => state.ids.id(),
    createTask: async (draft, onConflict) => createTask(opened(), draft, onConflict),
    getTask: async (id) => {
      const task = opened().tasks.get(id)
      return task === undefined ? null : copyRecord(task)
    },
    listTasks: async (query) => listTasks(opened(), query),
    readEvents: async (id, query) => readEvents(opened(), id, query),
    append: async (batch) => {
      const now = opened().now()
      return batch.map((append) => appendEvents(state, append, now))
    },
    signal: async (id, signal) => sendSignal(opened(), id, signal),
    acquireLease: async (id, query) => acquireLease(opened(), id, query),
    checkLeases: async (own, renewMs) => checkLeases(opened(), own, renewMs),
    releaseLease: async (id, token, query) => releaseLease(opened(), id, token, query.refundAttempt),
    listWork: async (query) => listWork(opened(), query),
    deleteTask: async (id) => deleteTask(opened(), id),
    deleteFinished: async (query) => deleteFinished(opened(), query),
    stats: async () => ({ byStatus: opened().tasks.counts(), durationsMs: state.durations.all() }),
    close: async () => {
      closed = true
    },
  }
}
