import type { StopInfo } from '../protocol/index.ts'

/** The stop flag of one task that runs in this process. */
export interface StopFlag {
  readonly taskId: string
  readonly userId: string
  /** `connection`: the task ends with its user's last connection. */
  readonly lifetime: 'detached' | 'connection'
  /** Fires when the run is to end: a stop, the deadline, a lost lease. */
  readonly signal: AbortSignal
  /** The accepted stop request. */
  readonly stop: StopInfo | null
}

/**
 * Stored stop requests as `AbortSignal`s, for the tasks that run in this process. A flag goes with its run, so it can
 * never reach the user's next task.
 */
export interface StopFlags {
  /** The flag of a task; `null` when it does not run here. */
  ofTask(taskId: string): StopFlag | null
  /** The flags of a user's tasks. */
  ofUser(userId: string): readonly StopFlag[]
  /** The flags of those tasks of a user that end with the user's last connection. */
  ofConnection(userId: string): readonly StopFlag[]
}
