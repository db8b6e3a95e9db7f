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
  query?: Readonly<Record<string, string | number | null | undefined>>
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

const longestRetryAfter = 86_400

/** Seconds, from either form of the header: a number of seconds or an HTTP date. */
function retryAfterOf(header: string | null, now: number): number | null {
  const seconds = /^\d/.test(`${header}`) ? Number(header) : (Date.parse(`${header}`) - now) / 1_000
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), longestRetryAfter)
}

/** The answer's body as far as it is one: a proxy's page, a sign-in form or cut JSON are `undefined`. */
function parseBody(text: string): AnswerBody | ErrorBody | null | undefined {
  try {
    return JSON.parse(text) as AnswerBody | ErrorBody | null
  } catch {
    return undefined
  }
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
  const { idempotencyKey, signal = null, accept } = request
  const json = JSON.stringify(body) ?? null
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value != null) search.set(name, `${value}`)
  const url = `${options.baseUrl}${path}?${search}`.replace(/\?$/, '')
  let response: Response
  let text: string
  try {
    const headers = new Headers(await options.headers?.())
    headers.set('accept', accept ?? 'application/json')
    if (json) headers.set('content-type', 'application/json')
    if (idempotencyKey) headers.set('idempotency-key', idempotencyKey)
    response = await options.fetch(url, {
      method,
      headers,
      body: json,
      signal,
      credentials: options.credentials,
    })
    const { ok, body: data } = response
    if (accept && ok && response.headers.get('content-type')?.startsWith(accept))
      return { success: true, data }
    text = await response.text()
  } catch (cause) {
    signal?.throwIfAborted()
    if (TaskClientError.is(cause)) throw cause
    throw new TaskClientError('network_error', 'No answer', { cause })
  }
  const { ok, status } = response
  if (status === 401 && options.headers && !renewed) return sendRequest(options, request, true)
  const answer = parseBody(text)
  if (ok && answer?.success && answer.data instanceof Object) return answer
  const details = {
    status,
    retryAfter: retryAfterOf(response.headers.get('retry-after'), options.clock.now()),
  }
  if (!ok && answer?.success === false) {
    throw new TaskClientError(answer.code, answer.error, { ...answer, ...details })
  }
  // What begins with a tag is no cut JSON but a page: of a server that answers every path with one, mostly.
  const isCut = ok && answer === undefined && !/^\s*</.test(text)
  const [code, problem] = isCut ? ['network_error', 'cut short'] : ['invalid_response', 'not a task server']
  throw new TaskClientError(code, `HTTP ${status} from ${url}: ${problem}`, details)
}
