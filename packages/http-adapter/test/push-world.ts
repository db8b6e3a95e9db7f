import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { defineTask, type TaskContext, TaskManager, type TaskManagerOptions } from '@outlast/core'
import {
  type Authenticate,
  createPushHub,
  type PushHub,
  type PushLimits,
  type TaskHandlerOptions,
} from '@outlast/core/http'
import { expect } from 'vitest'
import * as z from 'zod'
import { createNodeListener } from '../src/node.ts'
import { attachTaskWebSocket, type TaskWebSocket, type TaskWebSocketOptions } from '../src/websocket.ts'

/** A task that runs until it is ended, and emits what it is told to. */
export interface OpenTask {
  id: string
  emit(count: number, content?: string): Promise<void>
  /** Ends it, and waits until that is stored. */
  end(): Promise<void>
}

/** Routes and WebSocket on one port, of one manager, and what its tests need. */
export interface PushWorld {
  manager: TaskManager
  hub: PushHub
  server: Server
  port: number
  webSocket: TaskWebSocket
  /** Failures that the application was told of. */
  failures: unknown[]
  openTask(userId?: string): Promise<OpenTask>
  /** Sends text as it is over a connection of its own. */
  sendRaw(text: string): RawConnection
  close(): Promise<void>
}

/** A connection whose every byte is kept. */
export interface RawConnection {
  socket: Socket
  readonly received: string
  readonly isClosed: boolean
}

/** A token names its user; so does a cookie `user=NAME`. */
export const authenticate: Authenticate = ({ headers }) => {
  const token = headers.get('authorization')?.replace('Bearer ', '')
  if (token !== undefined) return token === 'bad' ? null : { userId: token, via: 'token' }
  const cookie = /user=(\w+)/.exec(headers.get('cookie') ?? '')?.[1]
  return cookie === undefined ? null : { userId: cookie, via: 'cookie' }
}

export async function openWorld(
  options: {
    push?: Partial<PushLimits>
    limits?: TaskManagerOptions['limits']
    handler?: Partial<Omit<TaskHandlerOptions, 'push'>>
    socket?: Partial<TaskWebSocketOptions>
  } = {},
): Promise<PushWorld> {
  const failures: unknown[] = []
  const onError = (error: unknown): void => {
    failures.push(error)
  }
  const running = new Map<string, { context: TaskContext; ended: AbortController }>()
  const work = defineTask({
    type: 'work',
    input: z.unknown(),
    scope: () => null,
    async run(context) {
      const ended = new AbortController()
      running.set(context.taskId, { context, ended })
      await Promise.race([fired(ended.signal), fired(context.signal)])
    },
  })
  const manager = new TaskManager({
    tasks: [work],
    concurrency: 50,
    onError,
    ...(options.limits && { limits: options.limits }),
  })
  const hub = createPushHub(manager, {
    onError,
    ...(options.handler?.clock && { clock: options.handler.clock }),
    ...options.push,
  })
  const shared = { authenticate, onError, ...options.handler, push: hub }
  const server = createServer(createNodeListener(manager, shared))
  const webSocket = attachTaskWebSocket(server, manager, { ...shared, ...options.socket })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const connections: Socket[] = []
  return {
    manager,
    hub,
    server,
    port,
    webSocket,
    failures,
    async openTask(userId = 'alice') {
      const { id, finished } = await manager.create({ userId, input: null })
      await until(() => running.has(id))
      const { context, ended } = running.get(id) ?? expect.fail('the task does not run')
      return {
        id,
        async emit(count, content = 'x') {
          for (let sent = 0; sent < count; sent++) {
            if (!context.emit('x_item', { content })) await context.flush()
          }
          await context.flush()
        },
        async end() {
          ended.abort()
          await finished()
        },
      }
    },
    sendRaw(text) {
      const socket = connect(port, '127.0.0.1')
      connections.push(socket)
      let received = ''
      let isClosed = false
      socket.setEncoding('utf8')
      socket.on('data', (chunk) => {
        received += chunk
      })
      socket.on('close', () => {
        isClosed = true
      })
      socket.on('error', () => {
        // The server has cut it off; `close` follows.
      })
      socket.write(text)
      return {
        socket,
        get received() {
          return received
        },
        get isClosed() {
          return isClosed
        },
      }
    },
    async close() {
      for (const socket of connections) socket.destroy()
      await manager.close({ drainMs: 0 })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      expect(failures).toEqual([])
    },
  }
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Waits for a condition that the network brings about. The test's own time limit bounds the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset)
}
