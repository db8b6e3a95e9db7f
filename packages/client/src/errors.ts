import type { ErrorBody, RequestErrorCode } from '@outlast/core/protocol'

/**
 * Codes of {@link TaskClientError}: those of the wire, and three of the client's own. `network_error`: no whole answer
 * came. `invalid_response`: an answer came, but not from a task server (a proxy's page, a wrong `baseUrl`).
 * `invalid_url`: nothing was asked, as there is no such URL (a `baseUrl` that is misspelt, or has no origin in Node), or no
 * WebSocket to open one with.
 * A newer server may send codes that are not listed here.
 */
export type TaskClientErrorCode =
  | RequestErrorCode
  | 'network_error'
  | 'invalid_response'
  | 'invalid_url'
  | (string & Record<never, never>)

/** What an error may carry beside its code and sentence. */
export interface TaskClientErrorOptions {
  cause?: unknown
  /** HTTP status of the answer, if one came. */
  status?: number | null
  /** Seconds after which the server asks to be tried again. */
  retryAfter?: number | null
  issues?: ErrorBody['issues']
  task?: ErrorBody['task'] | null
}

const brand: unique symbol = Symbol.for('outlast.TaskClientError')

/** A request that failed. Compare `code`, and test with {@link TaskClientError.is}. */
export class TaskClientError extends Error {
  override readonly name = 'TaskClientError'
  declare readonly code: TaskClientErrorCode
  /** HTTP status; `null` when no answer came. */
  declare readonly status: number | null
  /** Seconds after which the server asks to be tried again, or `null`. */
  declare readonly retryAfter: number | null
  /** With `invalid_input`: the fields that were wrong. */
  declare readonly issues: NonNullable<ErrorBody['issues']>
  /** With `task_already_running`: the task to observe instead. */
  declare readonly task: NonNullable<ErrorBody['task']> | null

  constructor(
    code: TaskClientErrorCode,
    message: string,
    { cause, status = null, retryAfter = null, issues, task = null }: TaskClientErrorOptions = {},
  ) {
    super(message, { cause })
    Object.assign(this, { code, status, retryAfter, issues: issues ?? [], task })
    Object.defineProperty(this, brand, { value: true })
  }

  /**
   * Whether the same request may go well later: nothing came, the answer was not the server's own, or the
   * server said so (408, 425, 429, 5xx).
   */
  get transient(): boolean {
    const status = this.status ?? 0
    return this.code !== 'invalid_url' && (status < 400 || status > 499 || [408, 425, 429].includes(status))
  }

  /**
   * Whether a value is a `TaskClientError`, of the given code if one is given. Works across the ESM and the
   * CJS build, whose classes are twins that `instanceof` cannot see through.
   */
  static is(value: unknown, code?: TaskClientErrorCode): value is TaskClientError {
    return brand in Object(value) && (code === undefined || (value as { code?: unknown }).code === code)
  }
}
