/** Status of a tool call, as its block shows it. */
export type ToolStatus = 'preparing' | 'running' | 'completed' | 'failed' | 'canceled'

/** Outcome of an input request: how the wait for an answer ended. */
export type InputOutcome = 'answered' | 'canceled' | 'expired'

type Maybe<T> = T | null | undefined

/**
 * Data of every built-in event, by type. Optional fields may be absent or `null`.
 * The prose contract is PROTOCOL.md, section "Events".
 */
export interface TaskEventData {
  ai_message_start: { message_id?: Maybe<string> }
  thinking_start: { id?: Maybe<string> }
  thinking_chunk: { id?: Maybe<string>; content: string }
  thinking_end: { id?: Maybe<string>; full_content?: Maybe<string> }
  text_start: { id?: Maybe<string> }
  text_chunk: { id?: Maybe<string>; content: string }
  text_end: { id?: Maybe<string>; full_content?: Maybe<string> }
  tool_intent: { id: string; name: string; intent: string }
  tool_preparing: { id: string; name: string; intent?: Maybe<string>; arguments_delta?: Maybe<string> }
  tool_start: { id: string; name: string; arguments?: unknown }
  update_action: {
    id: string
    status: ToolStatus
    result?: unknown
    message?: Maybe<string>
    progress?: Maybe<number>
  }
  append_payload: { path: string; content: string; [field: string]: unknown }
  modify_payload: { path: string; [field: string]: unknown }
  source: { url: string; title?: Maybe<string> }
  file: { media_type: string; url: string }
  progress: ProgressData
  token_update: { input: number; output: number; total: number; [field: string]: unknown }
  conversation_resolved: { conversation_id: string; title?: Maybe<string> }
  input_request: { id: string; prompt: string; schema?: unknown; expires_at?: Maybe<number> }
  input_response: { id: string; value?: unknown; outcome: InputOutcome }
  error: { message: string; code?: Maybe<string> }
  attempt_reset: { attempt: number; keep_before: number }
  task_complete: TaskCompleteData
}

/** Progress of a task; the latest wins. `done` and `total` are in `unit`; `eta_ms` is absent rather than wrong. */
export interface ProgressData {
  done: number
  total: number
  unit?: Maybe<string>
  message?: Maybe<string>
  eta_ms?: Maybe<number>
}

/** The one terminal event, written by the manager in the same append as the final status. */
export interface TaskCompleteData {
  status: 'succeeded' | 'failed' | 'canceled'
  reason?: Maybe<string>
  actor?: Maybe<string>
  result?: unknown
  error?: Maybe<string>
  code?: Maybe<string>
}

/** Name of a built-in event. */
export type BuiltinEventType = keyof TaskEventData

/** Events that only the manager may write. */
export type ManagerEventType = 'attempt_reset' | 'input_request' | 'input_response' | 'task_complete'

/** A built-in event as it stands in the log; `ts` is in float seconds since 1970. */
export type BuiltinTaskEvent = {
  [T in BuiltinEventType]: { idx: number; type: T; data: TaskEventData[T]; ts: number }
}[BuiltinEventType]

/** Any event of a log, before its type is known: built in, the application's own (`x_…`) or from a newer version. */
export interface TaskEvent {
  /** Number in the log: gap-free, from 0, never reused. */
  idx: number
  type: string
  data: unknown
  /** Float seconds since 1970; never goes back within a task. */
  ts: number
}
