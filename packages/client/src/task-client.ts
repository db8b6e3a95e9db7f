import {
  type ActiveCancelAnswer,
  type CancelAnswer,
  defaultBasePath,
  type EventPage,
  type InputAnswer,
  type TaskCreated,
  type TaskInfo,
  type ToolCancelAnswer,
} from '@outlast/core/protocol'
import { callListeners } from './call-listeners.ts'
import { TaskClientError } from './errors.ts'
import { isLost } from './is-lost.ts'
import { listTasks, type TaskListPage, type TaskListQuery } from './list-tasks.ts'
import { type Clock, hostPlatform, type Platform, sleep, systemClock } from './platform/index.ts'
import {
  type AnswerBody,
  type OutgoingRequest,
  type RequestHeaders,
  type RequestOptions,
  sendRequest,
} from './send-request.ts'
import type { TabSharing } from './tabs/index.ts'
import { taskOf } from './task-log.ts'
import { TaskObserver } from './task-observer.ts'
import { taskPath } from './task-path.ts'
import {
  backOff,
  type ClientTransport,
  polling,
  type TransportContext,
  type TransportFactory,
} from './transports/index.ts'

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
  /**
   * How logs are followed: by polls, by long-polls, or by `auto()`, `sse()` or `websocket()` of
   * `@outlast/client/transports`. Default: `poll`, which gets through everything.
   */
  transport?: 'poll' | 'long-poll' | ClientTransport | undefined
  /** `tabs()` of `@outlast/client/tabs`: all tabs of a user share one connection. Default: each has its own. */
  tabs?: TabSharing | undefined
}

/** Settings of one create. */
export interface StartOptions {
  /** Creates with the same key make one task. Default: a new key for every call. */
  idempotencyKey?: string | undefined
  signal?: AbortSignal | undefined
}

/** Told of a create: its body, and the answer to come. */
export type StartListener = (body: unknown, answer: Promise<TaskCreated>) => void

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

/** Which active task to cancel. */
export interface CancelActiveOptions extends CancelOptions {
  /** Default: the caller's own. */
  workspaceId?: string | undefined
  /** The task that the page shows: if another one is active by now, nothing is canceled. */
  expectedTaskId?: string | undefined
}

/** An answer to a question of a task. */
export interface GivenInput {
  /** The question's. */
  id: string
  /** JSON that fits the question's schema. */
  value: unknown
}

/** Settings of a request that has no others. */
export interface SignalOptions {
  signal?: AbortSignal | undefined
}

/** Settings of one observer. */
export interface ObserveOptions {
  /** Idx from which on blocks animate. Default: the end of the log when it is first read; 0 for a task started here. */
  watermark?: number | undefined
}

const mostRepeats = 3
/** An attempt without a whole answer is given up: some proxies keep a dead connection open for minutes. */
const answerWithinMs = 30_000
/** Somebody is waiting: a server that asks for a longer pause than this gets no other try, and the caller the error. */
const longestPauseMs = 30_000

/** The host's `fetch`, as it is at the time of the call. */
const hostFetch: RequestOptions['fetch'] = (url, init) => {
  try {
    // `fetch` fails alike for what is no URL and for a network that is down. What is one depends on the page.
    new Request(url)
  } catch (cause) {
    throw new TaskClientError('invalid_url', `No URL: ${url}`, { cause })
  }
  return globalThis.fetch(url, init)
}

/**
 * Starts, lists, reads, cancels, answers and observes the tasks of one server.
 *
 * Every call but `read` and `get` is repeated up to three times when its answer did not come within 30 s, was lost or cut
 * short, or met a gateway's 502, 503 or 504; a create keeps its idempotency key, so that it makes one task. An answer of
 * something that is no task server fails at once: `baseUrl` is wrong.
 *
 * @example
 * const client = new TaskClient()
 * const { task_id } = await client.start({ message: 'Hello' })
 * const observer = client.observe(task_id, { watermark: 0 })
 * const unsubscribe = observer.subscribe(() => render(observer.getSnapshot()))
 */
export class TaskClient {
  readonly #transport: (taskId: string) => TransportFactory
  readonly #startListeners: Set<StartListener> = new Set()
  /** What the client was made of, for all that reads through it. */
  readonly context: TransportContext

  constructor({
    baseUrl = defaultBasePath,
    fetch = hostFetch,
    headers,
    credentials = 'same-origin',
    clock = systemClock,
    random = Math.random,
    platform = hostPlatform,
    transport = 'poll',
    tabs,
  }: TaskClientOptions = {}) {
    const base = baseUrl.replace(/\/$/, '')
    const context = { client: this, baseUrl: base, fetch, headers, credentials, clock, random, platform }
    const own = (typeof transport === 'string' ? polling(transport) : transport)(context)
    this.context = context
    this.#transport = (taskId) => tabs?.({ ...context, taskId, transport: own }) ?? own(taskId)
  }

  /**
   * Creates a task.
   *
   * @throws TaskClientError; with `task_already_running`, its `task` is the one to observe instead
   */
  start(body: unknown, { idempotencyKey, signal }: StartOptions = {}): Promise<TaskCreated> {
    const answer = this.#post<TaskCreated>('', body ?? null, {
      idempotencyKey: idempotencyKey || this.#newKey(),
      signal,
    })
    callListeners(this.#startListeners, body, answer)
    return answer
  }

  /** Calls `listener` with every create and its answer to come, as soon as it is asked for; the answer ends that. */
  onStart(listener: StartListener): () => void {
    this.#startListeners.add(listener)
    return () => this.#startListeners.delete(listener)
  }

  /** One page of the caller's own tasks, newest first. */
  list(query: TaskListQuery = {}): Promise<TaskListPage> {
    return listTasks((request) => this.#send(request), query)
  }

  /** The task's record alone. */
  async get(taskId: string, { signal }: SignalOptions = {}): Promise<TaskInfo> {
    return taskOf(await this.read(taskId, { limit: 1, signal }))
  }

  /** The task and its log from a cursor on. Asks once: an observer decides for itself when to ask again. */
  async read(taskId: string, { waitMs, signal, ...query }: ReadQuery = {}): Promise<EventPage> {
    const request = { path: taskPath(taskId), query: { ...query, wait_ms: waitMs }, signal }
    return (await sendRequest(this.context, request)).data as EventPage
  }

  /** Asks for the task to be stopped. Twice, or too late, is an acknowledgement, not an error. */
  async cancel(taskId: string, { reason, signal }: CancelOptions = {}): Promise<CancelAnswer> {
    return this.#post(`${taskPath(taskId)}/cancel`, { reason }, { signal })
  }

  /**
   * Asks for the active task of a workspace to be stopped, whose id need not be known. Name the one that you mean, and
   * a stop that comes late never hits the next one: the answer is then that nothing was active. Without a name it is
   * asked for once, as a second time might stop a second task.
   */
  cancelActive({
    workspaceId,
    expectedTaskId,
    reason,
    signal,
  }: CancelActiveOptions = {}): Promise<ActiveCancelAnswer> {
    const body = { workspace_id: workspaceId, task_id: expectedTaskId, reason }
    return this.#post('/cancel', body, { repeats: expectedTaskId ? mostRepeats : 0, signal })
  }

  /** Cancels one running tool call; the task goes on. */
  async cancelTool(
    taskId: string,
    toolId: string,
    { signal }: SignalOptions = {},
  ): Promise<ToolCancelAnswer> {
    return this.#post(`${taskPath(taskId)}/tools${taskPath(toolId)}/cancel`, {}, { signal })
  }

  /** Answers a question of a task. The first answer counts; repeating it is harmless. */
  async sendInput(taskId: string, input: GivenInput, { signal }: SignalOptions = {}): Promise<InputAnswer> {
    return this.#post(`${taskPath(taskId)}/input`, input, { signal })
  }

  /** Removes a finished task and its log. One that is not there any more is no error. */
  async remove(taskId: string, { signal }: SignalOptions = {}): Promise<void> {
    try {
      await this.#send({ path: taskPath(taskId), method: 'DELETE', signal })
    } catch (error) {
      if (!TaskClientError.is(error, 'task_not_found')) throw error
    }
  }

  /** Follows one task; nothing is asked before the observer's first listener. */
  observe(taskId: string, { watermark }: ObserveOptions = {}): TaskObserver {
    const transport = this.#transport(taskId)
    return new TaskObserver({ taskId, watermark, client: this, platform: this.context.platform, transport })
  }

  async #post<Answer>(
    path: string,
    body: unknown,
    options: Pick<OutgoingRequest, 'idempotencyKey' | 'signal'> & { repeats?: number },
  ): Promise<Answer> {
    return (await this.#send({ path, body, ...options })).data as Answer
  }

  /**
   * Sends a request that may be sent again: whether the server has got it when the answer is lost is unknown, and
   * repeated it has the same effect once.
   */
  async #send({
    repeats = mostRepeats,
    ...request
  }: OutgoingRequest & { repeats?: number }): Promise<AnswerBody> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.#attempt(request)
      } catch (error) {
        if (failures === repeats || !isLost(error)) throw error
        const { delayMs } = backOff(failures, error, this.context.random())
        if (delayMs > longestPauseMs) throw error
        await sleep(this.context.clock, delayMs, request.signal)
      }
    }
  }

  async #attempt(request: OutgoingRequest): Promise<AnswerBody> {
    const attempt = new AbortController()
    const { signal } = attempt
    const late = new TaskClientError('network_error', `No answer in ${answerWithinMs / 1_000} s`)
    const stopClock = this.context.clock.schedule(() => attempt.abort(late), answerWithinMs)
    const leave = (): void => attempt.abort(request.signal?.reason)
    request.signal?.addEventListener('abort', leave)
    try {
      request.signal?.throwIfAborted()
      return await sendRequest(this.context, { ...request, signal })
    } finally {
      stopClock()
      request.signal?.removeEventListener('abort', leave)
    }
  }

  /** Unique per user and day is enough, and `crypto.randomUUID` is missing on pages without TLS. */
  #newKey(): string {
    const { clock, random } = this.context
    return [clock.now(), random(), random()].join('-')
  }
}
