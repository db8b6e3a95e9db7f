import type { EventPage, TaskEvent, TaskInfo } from '@outlast/core/protocol'
import type { FakeClock } from './fake-clock.ts'

/** A request as the server saw it. */
export interface SeenRequest {
  method: string
  path: string
  query: Readonly<Record<string, string>>
  headers: Headers
  body: unknown
  at: number
  signal: AbortSignal | null
}

type Answer = (request: SeenRequest) => Response | Promise<Response>

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

export const refusal = (
  status: number,
  code: string,
  headers: Record<string, string> = {},
  more: object = {},
): Response => json({ success: false, error: `It was ${code}.`, code, ...more }, status, headers)

export const html = (status: number): Response =>
  new Response('<html><body>Bad gateway</body></html>', { status, headers: { 'content-type': 'text/html' } })

export const makeTask = (fields: Partial<TaskInfo> = {}): TaskInfo => ({
  task_id: 't1',
  type: 'chat',
  status: 'running',
  created_at: 1,
  started_at: 1,
  updated_at: 1,
  finished_at: null,
  elapsed_ms: 10,
  workspace_id: 'default',
  message: 'hello',
  summary: null,
  conversation_id: null,
  error: null,
  error_code: null,
  result: null,
  progress: null,
  queue_position: null,
  attempt: 1,
  stop: null,
  ...fields,
})

/** A server of one task that speaks the wire's language, and says something else when told to. */
export class FakeServer {
  readonly requests: SeenRequest[] = []
  task: TaskInfo = makeTask()
  /** What a list holds; `null`: the task, while it is active. */
  list: readonly TaskInfo[] | null = null
  events: TaskEvent[] = []
  epoch = 'e1'
  firstIdx = 0
  pageSize: number = Number.POSITIVE_INFINITY
  pollIntervalMs = 150
  snapshot: EventPage['snapshot'] = null
  /** What cancels get instead of an acknowledgement. */
  cancelAnswer: Answer | null = null
  inFlight = 0
  mostInFlight = 0
  readonly #clock: FakeClock
  readonly #script: Answer[] = []

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  /** The next requests, whatever they are, get these answers. */
  script(...answers: Answer[]): void {
    this.#script.push(...answers)
  }

  emit(type: string, data: object = {}): void {
    this.events.push({ idx: this.events.length, type, data, ts: 1 })
  }

  text(...contents: string[]): void {
    for (const content of contents) this.emit('text_chunk', { content })
  }

  finish(status: 'succeeded' | 'failed' | 'canceled' = 'succeeded'): void {
    this.emit('task_complete', { status })
    this.task = { ...this.task, status, finished_at: 2 }
  }

  /** Requests for the log, without lists, creates and cancels. */
  get reads(): SeenRequest[] {
    return this.requests.filter(({ method, path }) => method === 'GET' && path !== '/api/tasks')
  }

  page(query: Readonly<Record<string, string>>): EventPage {
    const from = Number(query.from ?? 0)
    const snapshot = query.snapshot !== undefined && from < (this.snapshot?.at ?? 0) ? this.snapshot : null
    const begin = Math.max(snapshot?.at ?? from, this.firstIdx)
    const events = this.events.slice(begin, begin + Math.min(this.pageSize, Number(query.limit ?? Infinity)))
    const next = Math.max(begin, (events.at(-1)?.idx ?? -1) + 1)
    return {
      ...this.task,
      elapsed_ms: this.#clock.now() % 1e9,
      events,
      next_offset: next,
      first_idx: this.firstIdx,
      epoch: this.epoch,
      up_to_date: next >= this.events.length,
      truncated: snapshot === null && from < this.firstIdx,
      poll_interval_ms: this.pollIntervalMs,
      viewer: 'v1',
      snapshot,
    }
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    init.signal?.throwIfAborted()
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const request: SeenRequest = {
      method: init.method ?? 'GET',
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
      at: this.#clock.now(),
      signal: init.signal ?? null,
    }
    this.requests.push(request)
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight)
    const left = (): void => void this.inFlight--
    init.signal?.addEventListener('abort', left, { once: true })
    try {
      return await (this.#script.shift() ?? this.#answer)(request)
    } finally {
      if (!init.signal?.aborted) left()
      init.signal?.removeEventListener('abort', left)
    }
  }

  readonly #answer: Answer = (request) => {
    const { method, path, query } = request
    if (path.endsWith('/cancel')) {
      if (this.cancelAnswer) return this.cancelAnswer(request)
      return json({
        success: true,
        data: { task_id: 't1', status: 'cancel_requested', outcome: 'requested' },
      })
    }
    if (method === 'POST') {
      return json(
        { success: true, data: { task_id: 't1', status: 'running', created_at: 1, conversation_id: null } },
        202,
      )
    }
    if (path === '/api/tasks') {
      const active = ['pending', 'running', 'cancel_requested'].includes(this.task.status)
      return json({
        success: true,
        data: this.list ?? (active ? [this.task] : []),
        next_cursor: null,
        viewer: 'v1',
      })
    }
    if (query.epoch !== undefined && query.epoch !== this.epoch) return refusal(410, 'cursor_void')
    return json({ success: true, data: this.page(query) })
  }
}

/** Answers that wait until they are let go, whether their request was aborted or not. */
export function lateAnswer(answer: Answer): { answer: Answer; release: () => void } {
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    release,
    answer: async (request) => {
      await released
      return answer(request)
    },
  }
}

/** A connection that is dead: no answer ever, only an abort ends it. */
export const deadConnection: Answer = ({ signal }) =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })

export const networkDown: Answer = () => Promise.reject(new TypeError('fetch failed'))
