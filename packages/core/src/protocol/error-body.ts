import type { TaskStatus } from './task.ts'

/** Codes of refused requests; `docs/errors.md` has a heading for each. */
export type RequestErrorCode =
  | 'invalid_json'
  | 'invalid_input'
  | 'invalid_cursor'
  | 'unauthenticated'
  | 'forbidden_origin'
  | 'task_not_found'
  | 'route_not_found'
  | 'input_not_found'
  | 'tool_not_found'
  | 'method_not_allowed'
  | 'task_already_running'
  | 'task_not_finished'
  | 'input_closed'
  | 'cursor_void'
  | 'body_too_large'
  | 'too_deep'
  | 'unsupported_media_type'
  | 'idempotency_mismatch'
  | 'rate_limited'
  | 'quota_reached'
  | 'queue_full'
  | 'shutting_down'
  | 'store_unavailable'
  | 'internal_error'

/** Codes that a task can end with; they stand in `error_code` and in `task_complete`. */
export type TaskEndCode =
  | 'interrupted'
  | 'timeout'
  | 'shutdown'
  | 'buffer_full'
  | 'invalid_result'
  | 'runner_error'

/** One field that a request got wrong; `path` is dotted, empty for the body itself. */
export interface InputIssue {
  path: string
  message: string
}

/** Body of every refused request. */
export interface ErrorBody {
  success: false
  /** A sentence that says what happened and what to do. */
  error: string
  code: RequestErrorCode
  issues?: readonly InputIssue[]
  /** With `task_already_running`: the task to attach to. */
  task?: { task_id: string; status: TaskStatus; next_offset: number }
}
