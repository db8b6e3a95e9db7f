import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { defineTask, TaskManager, type TaskStore } from '@outlast/core'
import type { Authenticate, TaskHandlerOptions } from '@outlast/core/http'
import { expect } from 'vitest'
import * as z from 'zod'
import { attachTaskWebSocket, type TaskWebSocket } from '../../src/websocket.ts'
import type { Served, ServedMount } from '../mounts.ts'
import { SocketClient } from '../socket-client.ts'

/** What a test server runs: the message says what the task does. */
const work = defineTask({
  type: 'work',
  input: z.strictObject({
    message: z.string(),
    images: z.array(z.string()).optional(),
    conversation_id: z.string().optional(),
  }),
  scope: () => null,
  summary: ({ message }) => ({ message }),
  conversationId: ({ conversation_id }) => conversation_id ?? null,
  maxBodyBytes: 262_144,
  async run({ input, emit, signal, tool, waitForInput }) {
    const { message } = input
    if (message === 'throw') throw new Error('the runner broke')
    if (message === 'throw nothing') throw undefined
    if (message === 'ask') await waitForInput({ id: 'q', prompt: 'Well?', schema: z.string() })
    if (message === 'tool') await tool({ id: 't', name: 'sleep', input: {} }, fired)
    if (message === 'wait') await fired(signal)
    emit('text_start', {})
    emit('text_chunk', { content: message })
    emit('text_end', {})
    return input
  },
})

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Signs in by the header `x-user` as with a token, by the cookie `user` as with a cookie; `x-explode` breaks it. */
const authenticate: Authenticate = ({ headers }) => {
  if (headers.get('x-explode') !== null) throw new Error('the session store is away')
  const token = headers.get('x-user')
  if (token !== null) return { userId: token, via: 'token' }
  const cookie = /(?:^|; )user=([^;]+)/.exec(headers.get('cookie') ?? '')?.[1]
  return cookie === undefined ? null : { userId: cookie, via: 'cookie' }
}

/** An answer that was read to its end. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  json: any
}

/** A request that `fetch` would not send as it is. */
export interface RawRequest {
  method?: string
  user?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

/** A mount, over a store other than the memory. */
export interface SecuredMount extends ServedMount {
  makeStore?(): TaskStore
}

/** A manager behind one mount, and ways to ask it. */
export class SecuredServer {
  readonly manager: TaskManager
  readonly failures: unknown[] = []
  readonly #served: Served
  readonly #webSocket: TaskWebSocket
  readonly #clients: SocketClient[] = []

  private constructor(
    manager: TaskManager,
    mounted: { served: Served; webSocket: TaskWebSocket },
    failures: unknown[],
  ) {
    this.manager = manager
    this.#served = mounted.served
    this.#webSocket = mounted.webSocket
    this.failures = failures
  }

  static async open(mount: SecuredMount, options: Partial<TaskHandlerOptions> = {}): Promise<SecuredServer> {
    const manager = new TaskManager({ tasks: [work], ...(mount.makeStore && { store: mount.makeStore() }) })
    const failures: unknown[] = []
    const handlerOptions: TaskHandlerOptions = {
      authenticate,
      allowedOrigins: ['https://app.example.com'],
      authorizeAdmin: ({ viewer }) => viewer.userId === 'root',
      limits: { maxActivePerUser: 1_000 },
      onError: (error) => failures.push(error),
      ...options,
    }
    const served = await mount.open(manager, handlerOptions)
    const { server, basePath } = served
    const webSocket = attachTaskWebSocket(server, manager, { ...handlerOptions, basePath })
    return new SecuredServer(manager, { served, webSocket }, failures)
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#served.port}`
  }

  get basePath(): string {
    return this.#served.basePath
  }

  /** Sends a path below the base as it is, byte for byte. */
  ask(path: string, { method = 'GET', user, headers = {}, body }: RawRequest = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port: this.#served.port,
          path: this.#served.basePath + path,
          method,
          headers: {
            ...(user !== undefined && { 'x-user': user }),
            ...(body !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            const isJson = response.headers['content-type']?.startsWith('application/json') && text !== ''
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              json: isJson ? JSON.parse(text) : null,
            })
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** Opens a WebSocket: as a user by a token, or with the headers and the origin of a page. */
  async connect(
    user: string | null,
    options: { headers?: Record<string, string>; origin?: string } = {},
  ): Promise<SocketClient> {
    const { headers, ...rest } = options
    const url = `ws://127.0.0.1:${this.#served.port}${this.#served.basePath}/ws`
    const client = new SocketClient(url, {
      headers: { ...(user !== null && { 'x-user': user }), ...headers },
      ...rest,
    })
    this.#clients.push(client)
    return client.opened()
  }

  post(path: string, user: string, body: unknown): Promise<Answer> {
    return this.ask(path, { method: 'POST', user, body: JSON.stringify(body) })
  }

  /** Creates a task; answers its id. */
  async create(user: string, message: string, more: object = {}): Promise<string> {
    const { status, json } = await this.post('/', user, { message, ...more })
    expect(status).toBe(202)
    return json.data.task_id
  }

  /** Waits until a task is in a state. */
  async reach(
    id: string,
    isThere: (task: { status: string; carry: string | null }) => boolean,
  ): Promise<void> {
    for (;;) {
      const task = await this.manager.get(id)
      if (task !== null && isThere(task)) return
      await nextTurn()
    }
  }

  async createFinished(user: string, message: string, more: object = {}): Promise<string> {
    const id = await this.create(user, message, more)
    await this.reach(id, ({ status }) => ['succeeded', 'failed', 'canceled'].includes(status))
    return id
  }

  async close(): Promise<void> {
    for (const { webSocket } of this.#clients) webSocket.terminate()
    this.#webSocket.close()
    await this.#served.close()
    await this.manager.close({ drainMs: 0 })
  }
}
