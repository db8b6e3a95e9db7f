import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTaskHandler, type RoutedManager, type TaskHandlerOptions } from '@outlast/core/http'
import express5 from 'express'
import express4 from 'express4'
import { createTaskRouter } from '../src/express.ts'
import { createNodeListener } from '../src/node.ts'

/** Task routes in use: below `/api/tasks` of an origin that `send` reaches. */
export interface Mounted {
  /** Sends a request to a path below the base. */
  send(path: string, init?: RequestInit): Promise<Response>
  close(): Promise<void>
}

/** A way to mount the routes. */
export interface Mount {
  name: string
  open(manager: RoutedManager, options: TaskHandlerOptions): Promise<Mounted>
}

/** Serves a listener on a free loopback port. */
export async function serve(
  listener: Parameters<typeof createServer>[1],
): Promise<Mounted & { port: number }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    send: (path, init) => fetch(`http://127.0.0.1:${port}/api/tasks${path}`, init),
    close: () => closeServer(server),
  }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
}

function express(name: string, create: typeof express5, parser: boolean): Mount {
  return {
    name: parser ? `${name} behind express.json()` : name,
    open(manager, options) {
      const app = create()
      if (parser) app.use(create.json({ limit: '12mb' }))
      app.use('/api/tasks', createTaskRouter(manager, options))
      return serve(app)
    },
  }
}

/** Every mount that the packages offer. */
export const mounts: readonly Mount[] = [
  {
    name: 'fetch handler',
    async open(manager, options) {
      const handler = createTaskHandler(manager, options)
      return {
        send: (path, init) => handler.fetch(new Request(`http://127.0.0.1/api/tasks${path}`, init)),
        close: async () => {},
      }
    },
  },
  { name: 'node listener', open: (manager, options) => serve(createNodeListener(manager, options)) },
  express('Express 4', express4, false),
  express('Express 4', express4, true),
  express('Express 5', express5, false),
  express('Express 5', express5, true),
]
