import type { ErrorBody } from '@outlast/core/protocol'
import { TaskClientError } from './errors.ts'
import type { Clock } from './platform/index.ts'

/** Headers as `fetch` takes them; named this way because Node's types lack the browser's `HeadersInit`. */
export type RequestHeaders = NonNullable<RequestInit['headers']>

/** How requests reach the server. */
export interface RequestOptions {
  baseUrl: string
  fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Asked before every request, and once more after a 401: a token may have expired. */
  headers: (() => RequestHeaders | Promise<RequestHeaders>) | undefined
  credentials: NonNullable<RequestInit['credentials']>
  clock: Clock
}

/** One request: a GET, or with a body a POST. */
export interface OutgoingRequest {
  /** Below the base URL. */
  path: string
  /** A list is sent as one value, with commas. */
  query?: Readonly<Record<string, string | number | readonly string[] | null | undefined>>
  /** A media type other than JSON: `data` of its answer is the stream of its bytes. */
  accept?: string
  /** Default: POST with a body, GET without. */
  method?: 'DELETE' | 'POST'
  /** Sent as JSON. */
  body?: unknown
  idempotencyKey?: string
  signal: AbortSignal | undefined
}

/** Body of an answer that went well. */
export interface AnswerBody {
  success: true
  /** An object or an array. */
  data: unknown
  /** Beside the data of a list. */
  next_cursor?: unknown
  viewer?: unknown
}

const jsonType = 'application/json'
const longestRetryAfter = 86_400

/** Seconds, from either form of the header: a number of seconds or an HTTP date; `null` for anything else. */
function retryAfterOf(header: string | null, now: number): number | null {
  const seconds = /^\d/.test(`${header}`) ? Number(header) : (Date.parse(`${header}`) - now) / 1_000
  return seconds >= 0 ? Math.min(seconds, longestRetryAfter) : null
}

/**
 * Sends one request.
 *
 * @param renewed the headers were asked for a second time
 * @returns the body, whose `success` is true
 * @throws TaskClientError for whatever went wrong, or the signal's reason once it fired
 */
export async function sendRequest(
  options: RequestOptions,
  request: OutgoingRequest,
  renewed = false,
): Promise<AnswerBody> {
  const { path, query = {}, body, method = body === undefined ? 'GET' : 'POST' } = request
  const { idempotencyKey, signal = null, accept = jsonType } = request
  const json = JSON.stringify(body) ?? null
  const search = new URLSearchParams()
  for (const name in query) if (query[name] != null) search.set(name, `${query[name]}`)
  const url = `${options.baseUrl}${path}?${search}`.replace(/\?$/, '')
  let response: Response
  let text: string
  try {
    const headers = new Headers(await options.headers?.())
    headers.set('accept', accept)
    // Without a body as well: by it, a server that takes cookies knows a write that no foreign form has sent.
    if (method !== 'GET') headers.set('content-type', jsonType)
    if (idempotencyKey) headers.set('idempotency-key', idempotencyKey)
    const { credentials } = options
    response = await options.fetch(url, { method, headers, body: json, signal, credentials })
    if (accept !== jsonType && response.ok && response.headers.get('content-type')?.startsWith(accept))
      return { success: true, data: response.body }
    text = await response.text()
  } catch (cause) {
    signal?.throwIfAborted()
    if (TaskClientError.is(cause)) throw cause
    throw new TaskClientError('network_error', `No answer from ${url}: ${(cause as Error)?.message}`, {
      cause,
    })
  }
  const { ok, status } = response
  if (status === 401 && options.headers && !renewed) return sendRequest(options, request, true)
  let answer: AnswerBody | ErrorBody | null | undefined
  try {
    answer = JSON.parse(text)
  } catch {
    // A proxy's page, a sign-in form or cut JSON: told apart below.
  }
  if (ok && answer?.success && answer.data instanceof Object) return answer
  // A date counts by the clock of who wrote it.
  const sentAt = Date.parse(`${response.headers.get('date')}`) || options.clock.now()
  const retryAfter = retryAfterOf(response.headers.get('retry-after'), sentAt)
  if (!ok && answer?.success === false)
    throw new TaskClientError(answer.code, answer.error, { ...answer, status, retryAfter })
  // What begins with a tag is no cut JSON but a page: of a server that answers every path with one, mostly.
  const isCut = ok && answer === undefined && !/^\s*</.test(text)
  throw new TaskClientError(
    isCut ? 'network_error' : 'invalid_response',
    `HTTP ${status} from ${url}: ${isCut ? 'cut short' : 'not a task server'}`,
    { status, retryAfter },
  )
}
