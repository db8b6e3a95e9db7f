import { blockFold } from '@outlast/core/blocks'
import {
  type CancelAnswer,
  defaultBasePath,
  type EventPage,
  routes,
  type TaskCreated,
  type TaskInfo,
  type TaskStatus,
} from '@outlast/core/protocol'
import { TaskClientError } from './errors.ts'
import { type Clock, hostPlatform, type Platform, sleep, systemClock } from './platform/index.ts'
import {
  type AnswerBody,
  type OutgoingRequest,
  type RequestHeaders,
  type RequestOptions,
  sendRequest,
} from './send-request.ts'
import { taskOf } from './task-log.ts'
import { TaskObserver } from './task-observer.ts'
import { backoffMs, pollLoop } from './transports/index.ts'

/** Settings of a {@link TaskClient}; all have defaults. */
export interface TaskClientOptions {
  /** Where the server's task routes are mounted. Default: `/api/tasks`; outside of a browser it needs an origin. */
  baseUrl?: string | undefined
  /** Default: the host's `fetch`. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /** Headers of every request, asked for each time; after a 401 once more, so that an expired token is renewed. */
  headers?: (() => RequestHeaders | Promise<RequestHeaders>) | undefined
  /** Whether cookies go to other origins too. Default: `same-origin`. */
  credentials?: NonNullable<RequestInit['credentials']> | undefined
  clock?: Clock | undefined
  /** At least 0, below 1; spreads retries, and makes idempotency keys. Default: `Math.random`. */
  random?: (() => number) | undefined
  platform?: Platform | undefined
}

/** Settings of one create. */
export interface StartOptions {
  /** Creates with the same key make one task. Default: a new key for every call. */
  idempotencyKey?: string | undefined
  signal?: AbortSignal | undefined
}

/** Which of the caller's own tasks to list. */
export interface TaskListQuery {
  /** `active`: all that are not final. */
  status?: TaskStatus | 'active' | undefined
  workspaceId?: string | undefined
  conversationId?: string | undefined
  /** Default: the server's, 50. */
  limit?: number | undefined
  /** `nextCursor` of the page before. */
  cursor?: string | undefined
  signal?: AbortSignal | undefined
}

/** One page of a list, newest first. */
export interface TaskListPage {
  tasks: readonly TaskInfo[]
  /** `null` on the last page. */
  nextCursor: string | null
  /** Opaque id of user and workspace. */
  viewer: string
}

/** Which part of a log to read. */
export interface ReadQuery {
  /** The first idx wanted. Default: 0. */
  from?: number | undefined
  /** The epoch that `from` belongs to; another one is refused with `cursor_void`. */
  epoch?: string | null | undefined
  /** Most events in the page. */
  limit?: number | undefined
  /** Name of the fold whose snapshots the caller can use. */
  snapshot?: string | undefined
  /** Milliseconds to wait for something new. */
  waitMs?: number | undefined
  signal?: AbortSignal | undefined
}

/** Settings of one request to cancel. */
export interface CancelOptions {
  /** Why; recorded with the stop, and told by the task's end. */
  reason?: string | undefined
  signal?: AbortSignal | undefined
}

/** Settings of one observer. */
export interface ObserveOptions {
  /** Idx from which on blocks animate. Default: the end of the log when it is first read; 0 for a task started here. */
  watermark?: number | undefined
}

const mostRepeats = 3
/** Somebody is waiting: a server that asks for a longer pause than this gets no other try, and the caller the error. */
const longestPause = 30

/** The answer was lost, or a gateway could not pass the request on. */
const isWorthRepeating = ({ code, status, retryAfter }: TaskClientError): boolean =>
  (code === 'network_error' || [502, 503, 504].includes(status ?? 0)) && (retryAfter ?? 0) <= longestPause

/** The host's `fetch`, as it is at the time of the call. */
const hostFetch: RequestOptions['fetch'] = (url, init) => {
  try {
    // `fetch` fails alike for what is no URL and for a network that is down. What is one depends on the page.
    new Request(url)
  } catch (cause) {
    throw new TaskClientError('invalid_url', `"${url}" is no URL here: check baseUrl.`, { cause })
  }
  return globalThis.fetch(url, init)
}

/**
 * Starts, lists, reads, cancels and observes the tasks of one server.
 *
 * A create, a list or a cancel whose answer was lost or cut short, or that met a gateway's 502, 503 or 504, is repeated
 * up to three times; a create keeps its idempotency key, so that it makes one task. An answer of something that is no
 * task server fails at once: `baseUrl` is wrong.
 *
 * @example
 * const client = new TaskClient()
 * const { task_id } = await client.start({ message: 'Hello' })
 * const observer = client.observe(task_id, { watermark: 0 })
 * const unsubscribe = observer.subscribe(() => render(observer.getSnapshot()))
 */
export class TaskClient {
  readonly #request: RequestOptions
  readonly #random: () => number
  readonly #platform: Platform

  constructor(options: TaskClientOptions = {}) {
    this.#request = {
      baseUrl: (options.baseUrl ?? defaultBasePath).replace(/\/$/, ''),
      fetch: options.fetch ?? hostFetch,
      headers: options.headers,
      credentials: options.credentials ?? 'same-origin',
      clock: options.clock ?? systemClock,
    }
    this.#random = options.random ?? Math.random
    this.#platform = options.platform ?? hostPlatform
  }

  /**
   * Creates a task.
   *
   * @throws TaskClientError; with `task_already_running`, its `task` is the one to observe instead
   */
  async start(
    body: unknown,
    { idempotencyKey = this.#newKey(), signal }: StartOptions = {},
  ): Promise<TaskCreated> {
    const { data } = await this.#send({ path: routes.collection, body: body ?? null, idempotencyKey, signal })
    return data as TaskCreated
  }

  /** One page of the caller's own tasks, newest first. */
  async list({
    status,
    workspaceId,
    conversationId,
    limit,
    cursor,
    signal,
  }: TaskListQuery = {}): Promise<TaskListPage> {
    const query = { status, workspace_id: workspaceId, conversation_id: conversationId, limit, cursor }
    const { data, next_cursor, viewer } = await this.#send({ path: routes.collection, query, signal })
    return {
      tasks: data as TaskInfo[],
      nextCursor: (next_cursor ?? null) as string | null,
      viewer: viewer as string,
    }
  }

  /** The task's record alone. */
  async get(taskId: string, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<TaskInfo> {
    return taskOf(await this.read(taskId, { limit: 1, signal }))
  }

  /** The task and its log from a cursor on. Asks once: an observer decides for itself when to ask again. */
  async read(taskId: string, { waitMs, signal, ...query }: ReadQuery = {}): Promise<EventPage> {
    const path = routes.task(taskId)
    const { data } = await sendRequest(this.#request, { path, query: { ...query, wait_ms: waitMs }, signal })
    const page = data as EventPage
    if (Array.isArray(page.events) && page.next_offset >= 0) return page
    throw new TaskClientError('invalid_response', 'The answer is not a page of a task.', { status: 200 })
  }

  /** Asks for the task to be stopped. Twice, or too late, is an acknowledgement, not an error. */
  async cancel(taskId: string, { reason, signal }: CancelOptions = {}): Promise<CancelAnswer> {
    const body = { reason }
    return (await this.#send({ path: routes.cancel(taskId), body, signal })).data as CancelAnswer
  }

  /** Follows one task; nothing is asked before the observer's first listener. */
  observe(taskId: string, { watermark }: ObserveOptions = {}): TaskObserver {
    const { clock } = this.#request
    return new TaskObserver({
      taskId,
      watermark,
      cancel: (reason) => this.cancel(taskId, { reason }),
      transport: (sink) =>
        pollLoop({
          read: ({ from, epoch }, signal) =>
            this.read(taskId, { from, epoch, snapshot: blockFold.name, signal }),
          sink,
          clock,
          platform: this.#platform,
          random: this.#random,
        }),
    })
  }

  /**
   * Sends a request that may be sent again: a list, a cancel, a create with its key. Whether the server has got it when
   * the answer is lost is unknown; repeated, it has the same effect once.
   */
  async #send(request: OutgoingRequest): Promise<AnswerBody> {
    for (let failures = 0; ; failures++) {
      try {
        return await sendRequest(this.#request, request)
      } catch (error) {
        if (failures === mostRepeats || !TaskClientError.is(error) || !isWorthRepeating(error)) throw error
        const { retryAfter } = error
        const pause = retryAfter === null ? backoffMs(failures, this.#random()) : retryAfter * 1_000
        await sleep(this.#request.clock, pause, request.signal)
      }
    }
  }

  /** Unique per user and day is enough, and `crypto.randomUUID` is missing on pages without TLS. */
  #newKey(): string {
    return [this.#request.clock.now(), this.#random(), this.#random()].join('-')
  }
}
