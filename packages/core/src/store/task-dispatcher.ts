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
  /**
   * Gives the place of a running task back while it waits for its user; the answer takes a place again. A dispatcher
   * without it lets the task keep its place.
   */
  release?(taskId: string): () => Promise<void>
  /** Tasks that wait for a place in this process. A dispatcher whose engine keeps the queue has none to tell of. */
  queued?(): number
  /** Best effort. */
  withdraw(taskId: string): Promise<void>
  /** Takes no more; tasks that have not started stay pending in the store. */
  stop(): Promise<void>
}
