import { createTaskHandler, type TaskHandler, type TaskHandlerOptions } from '@outlast/core/http'
import { afterEach, expect } from 'vitest'
import * as z from 'zod'
import { defineChatTask, defineTask, TaskManager, type TaskManagerOptions } from '../../src/index.ts'
import { until } from '../support/test-manager.ts'

const managers: TaskManager[] = []

afterEach(() => Promise.all(managers.splice(0).map((manager) => manager.close({ drainMs: 0 }))))

const chat = defineChatTask({
  async run({ input, emit, tool, signal, waitForInput }) {
    emit('text_start', {})
    emit('text_chunk', { content: 'hello' })
    emit('text_end', {})
    if (input.message === 'quick') return null
    if (input.message === 'ask') {
      return waitForInput({ id: 'size', prompt: 'How large?', schema: z.object({ size: z.int() }) })
    }
    if (input.message === 'tool') await tool({ id: 't/1', name: 'sleep', input: {} }, untilFired)
    else await untilFired(signal)
    return null
  },
})

const job = defineTask({
  type: 'job',
  input: z.object({ name: z.string(), at: z.date().optional() }),
  scope: (_owner, { name }) => name,
  run: ({ signal }) => untilFired(signal),
})

function untilFired(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    else signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}

/** An answer, as JSON. */
interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  body: any
}

/** A request, but for its method and path. */
interface Asked {
  /** Default: alice. */
  user?: string
  /** A text is sent as it is, anything else as JSON. */
  body?: unknown
  headers?: Readonly<Record<string, string>>
}

/** A handler over a manager, and ways to ask it. */
export interface RouteWorld {
  manager: TaskManager
  handler: TaskHandler
  /** What `onError` was told. */
  failures: unknown[]
  ask(method: string, path: string, given?: Asked): Promise<Answer>
  /** Creates a chat task; answers its id. */
  create(input: object, given?: Asked): Promise<string>
  /** Creates a chat task and waits until it has written an event of a type. */
  createUntil(message: string, type: string): Promise<string>
}

/**
 * A handler over two types of tasks: `chat` (whose message may be `quick`, `ask` or `tool`) and `job`, which has a scope
 * of its own. The header `x-user` says who asks, `x-workspace` where.
 */
export function routeWorld(
  options: Partial<TaskHandlerOptions> = {},
  managerOptions: Partial<TaskManagerOptions> = {},
): RouteWorld {
  const failures: unknown[] = []
  const manager = new TaskManager({ tasks: [chat, job], ...managerOptions })
  managers.push(manager)
  const handler = createTaskHandler(manager, {
    authenticate: ({ headers }) => {
      const userId = headers.get('x-user')
      const workspaceId = headers.get('x-workspace') ?? undefined
      return userId === null ? null : { userId, workspaceId, via: 'token' }
    },
    onError: (error) => failures.push(error),
    ...options,
  })

  async function ask(
    method: string,
    path: string,
    { user = 'alice', body, headers = {} }: Asked = {},
  ): Promise<Answer> {
    const request = new Request(`http://tasks.test/api/tasks${path}`, {
      method,
      headers: { 'x-user': user, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const response = await handler.fetch(request)
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
  }

  async function create(input: object, given: Asked = {}): Promise<string> {
    const { status, body } = await ask('POST', '/', { body: { type: 'chat', ...input }, ...given })
    expect(status).toBe(202)
    return body.data.task_id
  }

  async function createUntil(message: string, type: string): Promise<string> {
    const id = await create({ message })
    await until(
      async () => (await manager.read(id))?.events.some((event) => event.includes(`"${type}"`)) ?? false,
    )
    return id
  }

  return { manager, handler, failures, ask, create, createUntil }
}
