import type { TaskEvent } from './events.ts'
import type { TaskInfo } from './task.ts'

/** The fold of every event before `at`, made by the fold named `fold`. A client replaces its state with it. */
export interface SnapshotFrame {
  at: number
  fold: string
  state: unknown
}

/** Answer of `GET /:id`: the task, and its log from the cursor on. */
export interface EventPage extends TaskInfo {
  events: readonly TaskEvent[]
  /** Where to go on: the last idx + 1; `from` when there were no events; at least `snapshot.at`. */
  next_offset: number
  /** The oldest idx still kept. */
  first_idx: number
  /** Changes when the log's history was lost or recreated; a cursor of another epoch is void. */
  epoch: string
  /** False: there is more, ask again at once. */
  up_to_date: boolean
  /** True: events between the cursor and `first_idx` are gone, and no snapshot stood in for them. */
  truncated: boolean
  /** How long to wait before the next poll, in milliseconds. */
  poll_interval_ms: number
  /** Opaque id of user and workspace; names locks and channels between tabs. */
  viewer: string
  snapshot: SnapshotFrame | null
}

/** Answer of `GET /`: own tasks, newest first. */
export interface TaskListBody {
  success: true
  data: readonly TaskInfo[]
  next_cursor: string | null
  viewer: string
}

/** Data of the answer to `POST /`. */
export interface TaskCreated {
  task_id: string
  status: TaskInfo['status']
  created_at: number
  conversation_id: string | null
  /** The create met a running task of its scope and was joined to it. */
  attached?: true
  /** The idempotency key had already created this task. */
  repeated?: true
  /** The task waits until others of its scope have ended; 1 is next. */
  queue_position?: number
}

/** What became of a request to cancel. */
export type CancelOutcome = 'requested' | 'already_requested' | 'finished'

/** Data of the answer to `POST /:id/cancel`. */
export interface CancelAnswer {
  task_id: string
  status: TaskInfo['status']
  outcome: CancelOutcome
}

/** Data of the answer to `POST /cancel`; `null` and `finished` where nothing was active. */
export interface ActiveCancelAnswer {
  task_id: string | null
  status: TaskInfo['status'] | null
  outcome: CancelOutcome
}

/** Data of the answer to `POST /:id/tools/:tool_id/cancel`. */
export interface ToolCancelAnswer extends CancelAnswer {
  tool_id: string
}

/** Data of the answer to `POST /:id/input`. */
export interface InputAnswer {
  task_id: string
  /** The question's. */
  id: string
  status: TaskInfo['status']
  /** `already_answered`: the first answer counts, whatever this one said. */
  outcome: 'accepted' | 'already_answered'
}

/** Data of the answer to `DELETE /:id`. */
export interface TaskDeleted {
  task_id: string
}

/** Data of the answer to `GET /stats`: of the store, and of the process that answers. */
export interface ServerStats {
  /** When they were taken. Two answers make a rate of every counter. */
  at: number
  /** Tasks in the store. */
  by_status: Record<TaskInfo['status'], number>
  /** How long the latest succeeded tasks in the store took, by type; `null` where there are none. */
  durations_ms: Record<string, { count: number; p50: number | null; p95: number | null }>
  /** Tasks that run in this process. */
  running: number
  /** Tasks that wait for a place in this process; `null` where nobody can tell. */
  queued: number | null
  /** Long-polls and other waits for news of a task in this process. */
  watchers: number
  /** Event streams and sockets that are open to this mount. */
  connections: number
  /** Events that wait for the store. */
  buffered_bytes: number
  /** Events that this process has stored since it began. */
  events_written: number
  memory: { rss_bytes: number; heap_used_bytes: number; external_bytes: number }
}

/** Envelope of every answer that went well. */
export interface SuccessBody<Data> {
  success: true
  data: Data
}
