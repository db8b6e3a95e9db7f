import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { defineTask, type TaskContext, TaskManager } from '@outlast/core'
import { createPushHub, type PushLimits } from '@outlast/core/http'
import { createNodeListener } from '@outlast/http-adapter/node'
import { attachTaskWebSocket } from '@outlast/http-adapter/websocket'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { TaskClient, type TaskClientOptions } from '../../src/task-client.ts'
import type { TaskObserver, TaskSnapshot } from '../../src/task-observer.ts'
import { auto, polling, sse, type WebSocketLike, websocket } from '../../src/transports/push/index.ts'
import { FakePlatform } from '../support/fake-platform.ts'

/** A task that runs until it is ended, and writes what it is told to. */
interface OpenTask {
  id: string
  text(...contents: string[]): Promise<void>
  end(): Promise<void>
}

/** Routes and WebSocket of one manager on a loopback port, behind a relay that can be cut. */
export interface PushWorld {
  platform: FakePlatform
  manager: TaskManager
  /** Requests and upgrades that reached the server: method and path, without the query. */
  seen: string[]
  /** Answers every upgrade with a plain refusal, as some proxies do. */
  refuseUpgrades(): void
  openTask(): Promise<OpenTask>
  connect(options: TaskClientOptions): TaskClient
  /** Ends every connection that is open. */
  cut(): void
  /** Connections that are open. */
  readonly connections: number
}

export const socketOptions: { WebSocket: new (url: string) => WebSocketLike } = { WebSocket }

/** Every transport, by name. */
export const everyTransport: readonly {
  name: string
  make: () => NonNullable<TaskClientOptions['transport']>
}[] = [
  { name: 'poll', make: () => 'poll' },
  { name: 'long-poll', make: () => 'long-poll' },
  { name: 'sse', make: () => sse() },
  { name: 'websocket', make: () => websocket(socketOptions) },
]

/** `auto` as in a page, with the socket of `ws`. */
export const autoTransport = (): NonNullable<TaskClientOptions['transport']> =>
  auto([websocket(socketOptions), sse(), polling('long-poll')])

/** Opens one; it is closed when the test is over. */
export async function openWorld(
  options: { push?: Partial<PushLimits>; limits?: object } = {},
): Promise<PushWorld> {
  const failures: unknown[] = []
  const onError = (error: unknown): void => {
    failures.push(error)
  }
  const running = new Map<string, { context: TaskContext; end: () => void }>()
  const work = defineTask({
    type: 'work',
    input: z.unknown(),
    scope: () => null,
    run: (context) =>
      new Promise<void>((resolve) => {
        running.set(context.taskId, { context, end: resolve })
        context.signal.addEventListener('abort', () => resolve())
      }),
  })
  const manager = new TaskManager({ tasks: [work], concurrency: 50, onError, limits: options.limits ?? {} })
  const handler = {
    authenticate: ({ headers }: { headers: { get(name: string): string | null } }) => {
      const token = headers.get('authorization')?.replace('Bearer ', '')
      return token === 'ann' ? { userId: token, via: 'token' as const } : null
    },
    onError,
    push: createPushHub(manager, { onError, ...options.push }),
  }
  const server = createServer(createNodeListener(manager, handler))
  const attached = attachTaskWebSocket(server, manager, handler)
  const seen: string[] = []
  const note = ({ method, url }: { method?: string; url?: string }): void => {
    seen.push(`${method} ${url?.split('?')[0]}`)
  }
  server.on('request', note)
  server.on('upgrade', note)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const serverPort = (server.address() as AddressInfo).port

  const sockets = new Set<Socket>()
  const relay = createTcpServer((socket) => {
    const target = connect(serverPort, '127.0.0.1')
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      target.destroy()
    })
    target.on('close', () => socket.destroy())
    for (const end of [socket, target]) end.on('error', () => end.destroy())
    socket.pipe(target).pipe(socket)
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const { port } = relay.address() as AddressInfo
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(async () => {
    cut()
    await manager.close({ drainMs: 0 })
    server.closeAllConnections()
    relay.close()
    await new Promise((resolve) => server.close(resolve))
    expect(failures).toEqual([])
  })

  const platform = new FakePlatform()
  return {
    platform,
    manager,
    seen,
    refuseUpgrades() {
      attached.close()
      server.on('upgrade', (_request, socket) => {
        socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      })
    },
    async openTask() {
      const { id, finished } = await manager.create({ userId: 'ann', input: null })
      await until(() => running.has(id))
      const { context, end } = running.get(id) ?? expect.fail('the task does not run')
      return {
        id,
        async text(...contents) {
          for (const content of contents) context.emit('text_chunk', { content })
          await context.flush()
        },
        async end() {
          end()
          await finished()
        },
      }
    },
    connect: (more) =>
      new TaskClient({
        baseUrl: `http://127.0.0.1:${port}/api/tasks`,
        headers: () => ({ authorization: 'Bearer ann' }),
        platform,
        // Backoffs begin with some 20 ms.
        random: () => 0.02,
        ...more,
      }),
    cut,
    get connections() {
      return sockets.size
    },
  }
}

/** Waits for a condition that the network brings about. The test's own time limit bounds the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

/** Watches until the test is over. */
export function follow(observer: TaskObserver): {
  observer: TaskObserver
  snapshots: TaskSnapshot[]
  until(wished: (snapshot: TaskSnapshot) => boolean): Promise<TaskSnapshot>
  leave(): void
} {
  const snapshots: TaskSnapshot[] = []
  const leave = observer.subscribe(() => snapshots.push(observer.getSnapshot()))
  onTestFinished(leave)
  return {
    observer,
    snapshots,
    leave,
    async until(wished) {
      await until(() => wished(observer.getSnapshot()))
      return observer.getSnapshot()
    },
  }
}
