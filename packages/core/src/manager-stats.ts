import type { TaskStatus } from './protocol/index.ts'

/** Counts and sizes of a manager, and of the store behind it. */
export interface ManagerStats {
  /** Tasks in the store, whoever runs them. */
  byStatus: Record<TaskStatus, number>
  /** Milliseconds that the latest succeeded tasks in the store took, by type; the latest last. */
  durationsMs: Record<string, readonly number[]>
  /** Tasks that run in this process, those that wait for an answer of their user included. */
  running: number
  /** Tasks that wait for a place in this process; `null` where the dispatcher cannot tell. */
  queued: number | null
  /** Waits for news of a task in this process: long-polls, subscriptions, `finished()`. */
  watchers: number
  /** Bytes of events that wait for the store. */
  bufferedBytes: number
  /** Events that this process has stored since the manager was made. */
  eventsWritten: number
}
