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
  queue_position?: number | null
}

/** What became of a request to cancel. */
export type CancelOutcome = 'requested' | 'already_requested' | 'finished'

/** Data of the answer to `POST /:id/cancel`. */
export interface CancelAnswer {
  task_id: string
  status: TaskInfo['status']
  outcome: CancelOutcome
}

/** Envelope of every answer that went well. */
export interface SuccessBody<Data> {
  success: true
  data: Data
}
