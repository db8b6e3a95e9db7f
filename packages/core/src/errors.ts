import type { InputIssue, RequestErrorCode, TaskEndCode } from './protocol/index.ts'

/** Codes that only the library's own API throws, beside those of the wire. */
export type ApiErrorCode =
  | 'invalid_event'
  | 'unknown_task_type'
  | 'invalid_checkpoint'
  | 'invalid_definition'
  | 'lease_lost'
  | 'task_stopped'

/** Every stable code; `docs/errors.md` has a heading for each. */
export type TaskErrorCode = RequestErrorCode | TaskEndCode | ApiErrorCode

/** What an error may carry beside its code and sentence. */
export interface TaskErrorOptions {
  cause?: unknown
  /** With `invalid_input`: the fields that were wrong. */
  issues?: readonly InputIssue[]
  /** With `task_already_running`: id of the task that holds the scope. */
  taskId?: string
  /** Seconds after which trying again is worth it. */
  retryAfter?: number
}

const brand: unique symbol = Symbol.for('outlast.TaskError')

/** The one error class of the library. Compare `code`, and test with {@link TaskError.is}. */
export class TaskError extends Error {
  override readonly name = 'TaskError'
  readonly code: TaskErrorCode
  readonly issues: readonly InputIssue[] | null
  readonly taskId: string | null
  readonly retryAfter: number | null

  constructor(code: TaskErrorCode, message: string, options: TaskErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.issues = options.issues ?? null
    this.taskId = options.taskId ?? null
    this.retryAfter = options.retryAfter ?? null
    Object.defineProperty(this, brand, { value: true })
  }

  /**
   * Whether a value is a `TaskError`, of the given code if one is given. Works across the ESM and the CJS
   * build, whose classes are twins that `instanceof` cannot see through.
   */
  static is(value: unknown, code?: TaskErrorCode): value is TaskError {
    try {
      if (typeof value !== 'object' || value === null || !(brand in value)) return false
      return code === undefined || (value as { code?: unknown }).code === code
    } catch {
      // Not even a look at it is possible: a revoked proxy, a trap that throws.
      return false
    }
  }
}

/** The sentence of anything that was thrown. Never throws, whatever it was. */
export function messageOf(thrown: unknown): string {
  try {
    if (typeof thrown === 'string') return thrown
    const { message, name } = thrown as { message?: unknown; name?: unknown }
    if (thrown instanceof Error && typeof message === 'string') return message || String(name)
  } catch {
    return 'something was thrown that cannot be read'
  }
  return 'something was thrown that is not an Error'
}
