import type { z } from 'zod'
import type { ManagerEventType, TaskEventData } from './protocol/index.ts'

/** Application events of a definition: type → data. */
export type CustomEvents = Record<string, unknown>

/** Every event that a runner may emit: the built-in ones that are not the manager's, and the application's own. */
export type EmittableEvents<Events extends CustomEvents> = Omit<TaskEventData, ManagerEventType> & Events

/** A tool call about to be made. */
export interface ToolCall {
  /**
   * Unique within the task; the model's call id where there is one. While the call of an id runs, another one with the
   * same id is not made: its result is `failed`, and the log knows nothing of it.
   */
  id: string
  name: string
  input?: unknown
  /** One line for the user: what this call is for. */
  intent?: string
  /** Milliseconds after which the call is aborted and counts as failed; `Infinity` is never. */
  timeout?: number
}

/** What a running tool may tell the screen before its result. */
export interface ToolUpdate {
  message?: string
  /** Progress of the tool, in a unit of its own. */
  progress?: number
  /** An interim result; the final one replaces it. */
  result?: unknown
}

/** Runs under the call's signal: aborted by a stop of the task, a cancel of the call or its timeout. */
export type ToolFunction<Value> = (
  signal: AbortSignal,
  report: (update: ToolUpdate) => void,
) => Value | PromiseLike<Value>

/** Result of a tool call, in the shape of the message that a model's transcript wants; `status` tells the kinds apart. */
export type ToolResult<Value = unknown> = {
  /** Text for the model: the value (as JSON unless it is a string), the error's sentence or "cancelled by user". */
  content: string
  role: 'tool'
  tool_call_id: string
} & (
  | {
      status: 'completed'
      /** What the function returned. */
      value: Value
      error?: undefined
    }
  | {
      status: 'failed'
      /** What the function threw. */
      error: unknown
      value?: undefined
    }
  | { status: 'canceled'; value?: undefined; error?: undefined }
)

/** Progress as a runner reports it. */
export interface ProgressReport {
  done: number
  total: number
  unit?: string
  message?: string
  /** Milliseconds left, where the runner knows better than an estimate; `null`: nobody knows. Default: estimated. */
  eta_ms?: number | null
}

/** A question to the user. */
export interface InputRequest<Schema extends z.ZodType = z.ZodType> {
  /**
   * Unique within the task, at most 1,024 characters; an attempt that asks again under the same id finds the answer that
   * was given.
   */
  id: string
  prompt: string
  /**
   * Checks the answer; what JSON schema can say of it is checked on whichever node the answer arrives. All questions that
   * are open at a time have 16,384 bytes of JSON schema.
   */
  schema?: Schema
  /** Milliseconds since 1970 after which the question is no longer open; `Infinity` is never. */
  expiresAt?: number
}

/** How a question ended. */
export type InputResult<Value> =
  | { outcome: 'answered'; value: Value }
  /** Nobody answered in time; the task was stopped, or its run was over. */
  | { outcome: 'expired' | 'canceled' }

/** What a definition's `run` is given. Its functions need no `this` and may be destructured. */
export interface TaskContext<Input = unknown, Events extends CustomEvents = CustomEvents> {
  readonly taskId: string
  readonly type: string
  readonly userId: string
  readonly workspaceId: string
  readonly conversationId: string | null
  readonly input: Input
  /** What `authenticate` returned as `session` when the task was created; `null` if nothing. */
  readonly session: unknown
  /** 1 for the first run. */
  readonly attempt: number
  /** Fires on a stop, on a lost lease and on shutdown; `signal.reason` is a `TaskError`. */
  readonly signal: AbortSignal
  /**
   * Writes an event. Synchronous: the event is checked and serialised now and stored soon.
   *
   * @returns false when much is waiting to be stored (then `await flush()`), or when the task has ended.
   * @throws TaskError `invalid_event`; TaskError `buffer_full`, which also ends the run.
   */
  emit<Type extends keyof EmittableEvents<Events> & string>(
    type: Type,
    data: EmittableEvents<Events>[Type],
  ): boolean
  /** Resolves when everything emitted so far is stored, or can no longer be: then `signal` has fired. */
  flush(): Promise<void>
  /**
   * Calls a tool behind the stop gate: after an accepted stop it does not start. Never rejects for what the tool
   * does: a throw is the result `failed`, a stop the result `canceled`.
   */
  tool<Value>(call: ToolCall, run: ToolFunction<Value>): Promise<ToolResult<Value>>
  /**
   * Asks the user something and waits, without holding a place in the queue, for the answer, a stop or the question's
   * end. The question stands in the log as an open block and survives a refresh.
   *
   * @throws TaskError `invalid_event` for a malformed request, and for a schema that has no form as JSON schema or does
   * not fit; `invalid_input` for an answer that fits what JSON schema can say, but not the schema
   */
  waitForInput<Schema extends z.ZodType>(
    request: InputRequest<Schema>,
  ): Promise<InputResult<z.output<Schema>>>
  /** What the last attempt saved as its checkpoint; `null` when there is none. */
  readonly lastCheckpoint: unknown
  /**
   * Closes open text and thinking, and stores the value together with everything emitted so far. If the process dies,
   * the next attempt keeps what is before it, and finds the value in `lastCheckpoint`. Resolves when that is stored, or
   * can no longer be: then `signal` has fired meanwhile.
   *
   * @throws the reason of `signal` once it has fired: what a stop or a shutdown cut short is not done. TaskError
   * `invalid_checkpoint` when the value has no JSON or more than 16,384 characters of it
   */
  checkpoint(value: unknown): Promise<void>
  /**
   * Reports progress; at most one event per 100 ms is written, the latest wins and the last is always written. Events
   * carry `eta_ms`, the milliseconds left until `done` reaches `total`, while the run is steady enough to tell.
   */
  progress(report: ProgressReport): void
}
