import { TaskError } from '../errors.ts'
import type { ErrorBody, RequestErrorCode } from '../protocol/index.ts'
import { jsonResponse } from './json-response.ts'
import type { TaskResponse } from './task-request.ts'

/** The status of every code that a request may be refused with. */
const statusOf: Readonly<Record<RequestErrorCode, number>> = {
  invalid_json: 400,
  invalid_input: 400,
  invalid_cursor: 400,
  unauthenticated: 401,
  forbidden_origin: 403,
  task_not_found: 404,
  route_not_found: 404,
  input_not_found: 404,
  tool_not_found: 404,
  method_not_allowed: 405,
  task_already_running: 409,
  task_not_finished: 409,
  input_closed: 409,
  cursor_void: 410,
  body_too_large: 413,
  too_deep: 413,
  unsupported_media_type: 415,
  idempotency_mismatch: 422,
  rate_limited: 429,
  quota_reached: 429,
  queue_full: 429,
  internal_error: 500,
  shutting_down: 503,
  store_unavailable: 503,
}

/** What is left to say when the cause is none of the client's business. */
const internalError: ErrorBody = {
  success: false,
  error: 'The server failed to answer. Try again later.',
  code: 'internal_error',
}

/** Seconds to wait when the error does not say: the outages that it is sent for mostly pass quickly. */
const defaultRetryAfter = 1

/** Whether a failure is one of the wire's, and so meant for the client. */
export function isRequestError(error: unknown): error is TaskError & { code: RequestErrorCode } {
  return TaskError.is(error) && Object.hasOwn(statusOf, error.code)
}

/** What a client is told of a failure. */
export function errorBody(error: unknown): ErrorBody {
  if (!isRequestError(error)) return internalError
  const { code, message, issues } = error
  return { success: false, error: message, code, ...(issues && { issues }) }
}

/**
 * The answer to a request that failed. Anything but a request's own error is `internal_error`, without a word
 * about its cause.
 *
 * @param extra the task to attach to, with `task_already_running`; the methods to use, with `method_not_allowed`
 */
export function errorResponse(
  error: unknown,
  extra: { task?: ErrorBody['task']; allow?: string } = {},
): TaskResponse {
  if (!isRequestError(error)) return jsonResponse(500, internalError)
  const status = statusOf[error.code]
  const body: ErrorBody = { ...errorBody(error), ...(extra.task && { task: extra.task }) }
  const retryAfter = retryAfterOf(error) ?? (status === 429 || status === 503 ? defaultRetryAfter : null)
  return jsonResponse(status, body, {
    ...(retryAfter !== null && { 'retry-after': String(Math.ceil(retryAfter)) }),
    ...(extra.allow !== undefined && { allow: extra.allow }),
  })
}

/** What is no number of seconds cannot stand in the header. */
function retryAfterOf({ retryAfter }: TaskError): number | null {
  const isTime = retryAfter !== null && Number.isFinite(retryAfter) && retryAfter >= 0
  return isTime ? retryAfter : null
}
