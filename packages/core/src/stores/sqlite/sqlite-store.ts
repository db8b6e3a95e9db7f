import type { TaskStore } from '../../store/index.ts'
import { type RandomBytes, randomIds } from '../shared/random-ids.ts'
import { appendEvents } from './append-events.ts'
import { createTask } from './create-task.ts'
import { acquireLease, checkLeases, releaseLease } from './leases.ts'
import { listTasks } from './list-tasks.ts'
import { listWork } from './list-work.ts'
import { readEvents } from './read-events.ts'
import { deleteFinished, deleteTask } from './retention.ts'
import { sendSignal } from './signals.ts'
import type { SqliteLike } from './sqlite-like.ts'
import { SqliteSession } from './sqlite-session.ts'
import type { SqliteState } from './sqlite-state.ts'
import { stats } from './stats.ts'
import { findRecord } from './task-row.ts'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** The store's clock, in milliseconds since 1970; the same for all processes on one file. Default: the host's. */
  now?: () => number
  /** Random bytes for ids, epochs and lease tokens. Default: the hardware's. */
  random?: RandomBytes
  /**
   * What a commit survives: with `normal`, the death of the process at any moment; with `full`, also that of the machine,
   * for one disk sync per commit. The file is sound either way. Default: `normal`.
   */
  synchronous?: 'normal' | 'full'
  /**
   * How long a call waits, in milliseconds, while another process writes. The whole process waits with it, so this
   * stays well below a heartbeat; beyond it the call throws `store_unavailable`. Default: 1,000.
   */
  busyTimeoutMs?: number
  /** Whether closing the store closes the database, too. Default: `false`, it is the caller's. */
  closeDatabase?: boolean
}

/**
 * A store in a SQLite database, through an open handle of `libsql`, `better-sqlite3` or `node:sqlite`; several
 * processes of one machine may share the file. The handle must be for this store alone: its transactions and its settings
 * (`journal_mode`, `synchronous`, `busy_timeout`) are the store's. Tables begin with `outlast_`.
 *
 * @throws TaskError `store_unavailable` when a newer release has written the database.
 * @example
 * ```ts
 * import Database from 'libsql'
 *
 * const manager = new TaskManager({ store: sqliteStore(new Database('tasks.db')), tasks: [chat] })
 * ```
 */
export function sqliteStore(database: SqliteLike, options: SqliteStoreOptions = {}): TaskStore {
  const session = new SqliteSession(database, {
    synchronous: options.synchronous ?? 'normal',
    busyTimeoutMs: options.busyTimeoutMs ?? 1_000,
  })
  const now = options.now ?? Date.now
  const state: SqliteState = { session, now, ids: randomIds(options.random) }
  let closed = false

  // `async` without `await`: each body is one transaction that runs to its end at once, and a throw becomes a rejection.
  return {
    newTaskId: () => state.ids.id(),
    createTask: async (draft, onConflict) => session.write(() => createTask(state, draft, onConflict)),
    getTask: async (id) => session.read(() => findRecord(session, id)),
    listTasks: async (query) => session.read(() => listTasks(session, query)),
    readEvents: async (id, query) => session.read(() => readEvents(session, id, query)),
    append: async (batch) =>
      session.write(() => {
        const time = now()
        return batch.map((append) => appendEvents(session, append, time))
      }),
    signal: async (id, signal) => session.write(() => sendSignal(state, id, signal)),
    acquireLease: async (id, query) => session.write(() => acquireLease(state, id, query)),
    checkLeases: async (own, renewMs) => {
      const check = () => checkLeases(state, own, renewMs)
      return renewMs === undefined ? session.read(check) : session.write(check)
    },
    releaseLease: async (id, token, query) =>
      session.write(() => releaseLease(state, id, token, query.refundAttempt)),
    listWork: async (query) => session.read(() => listWork(state, query)),
    deleteTask: async (id) => session.write(() => deleteTask(session, id)),
    deleteFinished: async (query) => session.write(() => deleteFinished(session, query)),
    stats: async () => session.read(() => stats(session)),
    close: async () => {
      if (closed) return
      closed = true
      session.close()
      if (options.closeDatabase) database.close()
    },
  }
}
