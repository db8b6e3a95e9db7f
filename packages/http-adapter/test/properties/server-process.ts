// A process of its own with a manager, its routes and its WebSocket on one port. It is bundled and forked by
// `fork-server.ts`.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { defineTask, memoryStore, type TaskContext, TaskManager } from '@outlast/core'
import { createPushHub } from '@outlast/core/http'
import { type SqliteLike, sqliteStore } from '@outlast/core/sqlite'
import * as z from 'zod'
import { createNodeListener } from '../../src/node.ts'
import { attachTaskWebSocket } from '../../src/websocket.ts'
import { authenticate } from '../task-fixtures.ts'
import type { ServerFacts, ServerMessage, ServerRequest, ServerSetup } from './server-messages.ts'

const { driver, file, limits, push } = JSON.parse(process.argv[2] ?? '') as ServerSetup

const say = (message: ServerMessage): void => {
  process.send?.(message)
}
const failures: string[] = []
const onError = (error: unknown): void => {
  failures.push(String(error))
}
const running = new Map<string, { context: TaskContext; end: () => void }>()
let aborted = 0

/** Emits what the test asks for, until it is ended. */
const open = defineTask({
  type: 'open',
  input: z.object({}),
  scope: () => null,
  async run(context) {
    const { taskId, signal } = context
    signal.addEventListener('abort', () => aborted++)
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve())
      running.set(taskId, { context, end: resolve })
      say({ say: 'runs', taskId })
    })
    running.delete(taskId)
  },
})

/** Counts, and goes on counting in another process where this one is asked to go. */
const count = defineTask({
  type: 'count',
  input: z.object({ total: z.number(), everyMs: z.number() }),
  events: { x_count: z.object({ n: z.number() }) },
  onInterrupted: 'retry',
  maxAttempts: 10,
  async run({ input, lastCheckpoint, checkpoint, emit, signal }) {
    const first = typeof lastCheckpoint === 'number' ? lastCheckpoint : 0
    for (let n = first; n < input.total && !signal.aborted; n++) {
      emit('x_count', { n })
      await checkpoint(n + 1)
      await pause(input.everyMs)
    }
  },
})

function openStore() {
  if (file === null) return memoryStore()
  const Database = createRequire(import.meta.url)(driver) as new (file: string) => SqliteLike
  return sqliteStore(new Database(file))
}

const manager = new TaskManager({
  store: openStore(),
  tasks: [open, count],
  concurrency: 100,
  limits,
  onError,
})
const hub = createPushHub(manager, { onError, ...push })
const options = { authenticate, onError, push: hub }
const server = createServer(createNodeListener(manager, options))
attachTaskWebSocket(server, manager, options)

async function write({
  taskId,
  count,
  each,
  everyMs,
  text,
}: ServerRequest & { ask: 'write' }): Promise<void> {
  const { context } = running.get(taskId) ?? {}
  if (context === undefined) throw new Error('the task does not run here')
  for (let written = 0; written < count; written += each) {
    for (let n = written; n < Math.min(count, written + each); n++) context.emit('x_item', { n, text })
    await context.flush()
    await pause(everyMs)
  }
}

async function facts(): Promise<ServerFacts> {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  const { watchers } = await manager.stats()
  return { heldBytes: heapUsed + external, connections: hub.size, watchers, aborted, failures }
}

async function obey(request: ServerRequest): Promise<ServerFacts | null> {
  if (request.ask === 'facts') return facts()
  if (request.ask === 'write') await write(request)
  else running.get(request.taskId)?.end()
  return null
}

process.on('message', ({ number, request }: { number: number; request: ServerRequest }) => {
  obey(request).then(
    (facts) => say({ say: 'done', number, facts }),
    (error: unknown) => {
      onError(error)
      say({ say: 'done', number, facts: null })
    },
  )
})

/** The order of the guide: nobody new, then the tasks, then whoever is still connected. */
async function leave(): Promise<void> {
  const isClosed = new Promise((resolve) => server.close(resolve))
  await manager.close({ drainMs: 100 })
  await Promise.race([isClosed, pause(500)])
  process.exit(0)
}

process.once('SIGTERM', () => {
  leave().catch((error: unknown) => {
    throw error
  })
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  say({ say: 'ready', port: (server.address() as AddressInfo).port })
})
