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
  if (!header) return null
  const seconds = /^\d/.test(header) ? Number(header) : (Date.parse(header) - now) / 1_000
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), longestRetryAfter)
}

async function exchange(
  { baseUrl, fetch, headers, credentials }: RequestOptions,
  { path, query = {}, body, idempotencyKey, signal }: OutgoingRequest,
): Promise<{ response: Response; text: string; url: string }> {
  const json = JSON.stringify(body)
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value != null) search.set(name, `${value}`)
  const url = `${baseUrl}${path}?${search}`.replace(/\?$/, '')
  try {
    const sent = new Headers(await headers?.())
    const init: RequestInit = { credentials, headers: sent, signal: signal ?? null }
    sent.set('accept', 'application/json')
    if (idempotencyKey) sent.set('idempotency-key', idempotencyKey)
    if (json !== undefined) {
      sent.set('content-type', 'application/json')
      init.method = 'POST'
      init.body = json
    }
    const response = await fetch(url, init)
    return { response, text: await response.text(), url }
  } catch (cause) {
    signal?.throwIfAborted()
    if (TaskClientError.is(cause)) throw cause
    throw new TaskClientError('network_error', 'The task server could not be reached.', { cause })
  }
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
 * @returns the body, whose `success` is true
 * @throws TaskClientError for whatever went wrong, or the signal's reason once it fired
 */
export async function sendRequest(options: RequestOptions, request: OutgoingRequest): Promise<AnswerBody> {
  let answer = await exchange(options, request)
  if (answer.response.status === 401 && options.headers) answer = await exchange(options, request)
  const { response, text, url } = answer
  const { ok, status, headers } = response
  const body = parseBody(text)
  if (ok && body?.success === true && body.data instanceof Object) return body
  const details = { status, retryAfter: retryAfterOf(headers.get('retry-after'), options.clock.now()) }
  if (!ok && body?.success === false) {
    const { code, error, issues, task } = body
    throw new TaskClientError(code, error, { ...details, issues, task })
  }
  // What begins with a tag is no cut JSON but a page: of a server that answers every path with one, mostly.
  const isCut = ok && body === undefined && !/^\s*</.test(text)
  const problem = isCut ? 'cut short' : `not from the task server${status < 500 ? ': check baseUrl' : ''}`
  throw new TaskClientError(
    isCut ? 'network_error' : 'invalid_response',
    `HTTP ${status} from ${url}, but ${problem}.`,
    details,
  )
}
