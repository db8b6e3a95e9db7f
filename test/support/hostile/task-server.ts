import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineTask, type TaskContext, TaskManager } from '@outlast/core'
import { createPushHub } from '@outlast/core/http'
import type { EventPage, TaskInfo } from '@outlast/core/protocol'
import { createNodeListener } from '@outlast/http-adapter/node'
import { attachTaskWebSocket } from '@outlast/http-adapter/websocket'
import * as z from 'zod'

/** A task that runs until it is ended, and emits what it is told to. */
export interface OpenTask {
  readonly context: TaskContext
  /** Emits a piece of text, and waits until it is stored. */
  say(content: string): Promise<void>
  end(): void
}

/** The real manager behind the real routes on a loopback port, WebSocket included; everybody is one user. */
export interface TaskServer {
  readonly port: number
  /** The running task of an id, as soon as it runs. */
  opened(taskId: string): Promise<OpenTask>
  /** Reads a task past every proxy. */
  read(taskId: string): Promise<EventPage>
  list(): Promise<TaskInfo[]>
  close(): Promise<void>
}

/** The one token that is refused; any other one, and none, will do. */
export const expiredToken = 'Bearer expired'

const fired = (...signals: AbortSignal[]): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    }
  })

/** @param serveRest answers what is not below `/api/tasks` */
export async function openTaskServer(
  serveRest?: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TaskServer> {
  const running = new Map<string, OpenTask>()
  const waiting = new Map<string, (task: OpenTask) => void>()
  const work = defineTask({
    type: 'work',
    input: z.object({ message: z.string() }),
    // Two creates make two tasks: nothing but the client's key keeps them one.
    scope: () => null,
    async run(context) {
      const ended = new AbortController()
      const task: OpenTask = {
        context,
        async say(content) {
          context.emit('text_chunk', { content })
          await context.flush()
        },
        end: () => ended.abort(),
      }
      running.set(context.taskId, task)
      waiting.get(context.taskId)?.(task)
      await fired(ended.signal, context.signal)
    },
  })
  const manager = new TaskManager({ tasks: [work], concurrency: 50 })
  const options = {
    authenticate: ({ headers }: { headers: { get(name: string): string | null } }) =>
      headers.get('authorization') === expiredToken ? null : { userId: 'ann', via: 'token' as const },
    push: createPushHub(manager),
  }
  const listener = createNodeListener(manager, options)
  const server = createServer((request, response) =>
    listener(request, response, serveRest && (() => serveRest(request, response))),
  )
  attachTaskWebSocket(server, manager, options)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const ask = async (path: string): Promise<unknown> =>
    ((await (await fetch(`http://127.0.0.1:${port}/api/tasks${path}`)).json()) as { data: unknown }).data
  return {
    port,
    opened: (taskId) =>
      new Promise((resolve) => {
        const task = running.get(taskId)
        if (task === undefined) waiting.set(taskId, resolve)
        else resolve(task)
      }),
    read: async (taskId) => (await ask(`/${taskId}`)) as EventPage,
    list: async () => (await ask('')) as TaskInfo[],
    async close() {
      await manager.close({ drainMs: 0 })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
