/** A hint to run a task. */
export interface DispatchJob {
  taskId: string
  type: string
  attempt: number
  /** Higher runs first. */
  priority: number
}

/** Decides when a task runs here. Only the lease gives the right to run; a lost hint is dispatched again by the sweep. */
export interface TaskDispatcher {
  /** `not_mine` (held, queued, finished) MUST complete the engine's job; the engine's own retries are off. */
  start(run: (taskId: string) => Promise<'ran' | 'not_mine'>): Promise<void>
  /** Idempotent by (taskId, attempt). */
  dispatch(job: DispatchJob): Promise<void>
  /** Best effort. */
  withdraw(taskId: string): Promise<void>
  /** Takes no more; tasks that have not started stay pending in the store. */
  stop(): Promise<void>
}
