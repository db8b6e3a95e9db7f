import { TaskError } from '@outlast/core'

/** What the statuses mean that body parsers and guards before the routes refuse a request with. */
const meanings: Readonly<Record<number, () => TaskError>> = {
  401: () => new TaskError('unauthenticated', 'The server does not know who is asking. Sign in first.'),
  403: () => new TaskError('forbidden_origin', 'The server does not let this page or user do that.'),
  404: () => new TaskError('route_not_found', 'There is nothing at this address.'),
  413: () =>
    new TaskError('body_too_large', 'The body is larger than the server accepts. Send a smaller one.'),
  415: () =>
    new TaskError('unsupported_media_type', 'Send the body as JSON in UTF-8, without an unusual encoding.'),
  429: () =>
    new TaskError('rate_limited', 'These were too many requests. Wait a moment before the next one.'),
}

/**
 * The wire's error for what was refused before the routes, by the `status` that the error carries; `null` when it is
 * not the client's doing. A `TaskError` has no status, and is left as it is.
 */
export function toRequestError(error: unknown): TaskError | null {
  if (typeof error !== 'object' || error === null) return null
  const { code, statusCode, status = statusCode } = error as Record<string, unknown>
  // zlib's, for a body that is not compressed as it says.
  if (typeof code === 'string' && code.startsWith('Z_')) return unreadable()
  if (typeof status !== 'number' || status < 400 || status > 499) return null
  return meanings[status]?.() ?? unreadable()
}

function unreadable(): TaskError {
  return new TaskError(
    'invalid_json',
    'The request cannot be read. Check that its body is valid JSON in UTF-8 and send it again.',
  )
}
