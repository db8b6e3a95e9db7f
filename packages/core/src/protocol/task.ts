/** Where a task stands. The last three are final. */
export type TaskStatus = 'pending' | 'running' | 'cancel_requested' | 'succeeded' | 'failed' | 'canceled'

/** A status that never changes again. */
export type FinalStatus = Extract<TaskStatus, 'succeeded' | 'failed' | 'canceled'>

const finalStatuses: ReadonlySet<string> = new Set<FinalStatus>(['succeeded', 'failed', 'canceled'])

/** Whether a status is final. */
export function isFinalStatus(status: TaskStatus): status is FinalStatus {
  return finalStatuses.has(status)
}

/** The recorded wish to stop a task: why, by whom, and when (float seconds since 1970). */
export interface StopInfo {
  reason: string
  actor: string
  at: number
}

/** A task on the wire. Times are float seconds since 1970; a field without a value is `null`. */
export interface TaskInfo {
  task_id: string
  type: string
  status: TaskStatus
  created_at: number
  started_at: number | null
  updated_at: number
  finished_at: number | null
  /** Milliseconds from the start to the end, or to now; 0 before the start. */
  elapsed_ms: number
  workspace_id: string
  /** The definition's public `message`, shortened for lists. */
  message: string | null
  /** The definition's public fields, as its `summary` function chose them. */
  summary: unknown
  conversation_id: string | null
  error: string | null
  error_code: string | null
  result: unknown
  /** Data of the latest `progress` event. */
  progress: unknown
  /** Of a task that waits until others of its scope have ended: 1 is next. `null` for every other task. */
  queue_position: number | null
  attempt: number
  stop: StopInfo | null
}
