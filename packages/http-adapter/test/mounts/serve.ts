import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RoutedManager, TaskHandlerOptions } from '@outlast/core/http'

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
  /** Whether the framework refuses by itself a path whose percent-encoding is broken. */
  strictPaths?: boolean
}

/** Task routes on a port of their own. */
export interface Served extends Mounted {
  server: Server
  port: number
  /** Path of the routes, such as `/api/tasks`. */
  basePath: string
}

/** A way to mount the routes that ends at a port. */
export interface ServedMount extends Mount {
  open(manager: RoutedManager, options: TaskHandlerOptions): Promise<Served>
  /** Whether a CORS middleware for `https://app.example.com` stands before the routes. */
  cors?: boolean
  /** Whether a compressor stands before the routes. */
  compression?: boolean
  /** Whether the parser before the routes refuses what is neither an object nor a list. */
  strictJson?: boolean
  /** Whether a proxy stands before it all, which refuses some requests by itself. */
  proxied?: boolean
}

/** What stands before the routes, and where they are. */
export interface Surroundings {
  json: boolean
  compression: boolean
  cors: boolean
  prefix: boolean
}

const switches = [false, true]

export function everySurroundings(): Surroundings[] {
  return switches.flatMap((json) =>
    switches.flatMap((compression) =>
      switches.flatMap((cors) => switches.map((prefix) => ({ json, compression, cors, prefix }))),
    ),
  )
}

/** The origins that the CORS middlewares let in, with credentials. As a list, for that answers vary by the origin. */
export const corsOptions: { origin: string[]; credentials: boolean } = {
  origin: ['https://app.example.com'],
  credentials: true,
}

/** What the application answers at `/beside`, in every mount with surroundings: long enough to be compressed. */
export const besideText: string = 'The rest of the application still answers. '.repeat(50)

/** A name that tells what is around. */
export function nameOf(framework: string, around: Surroundings): string {
  const used = Object.entries(around).flatMap(([what, isUsed]) => (isUsed ? [what] : []))
  return [framework, ...used].join(' + ')
}

/** Where the routes are. */
export function basePathOf({ prefix }: Surroundings): string {
  return prefix ? '/v1/jobs' : '/api/tasks'
}

/** Serves a listener on a free loopback port. */
export function serve(
  listener: Parameters<typeof createServer>[1],
  basePath = '/api/tasks',
): Promise<Served> {
  return listen(createServer(listener), basePath)
}

/** Lets a server listen on a free loopback port. */
export async function listen(
  server: Server,
  basePath = '/api/tasks',
  close = (): Promise<unknown> => closeServer(server),
): Promise<Served> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    server,
    port,
    basePath,
    send: (path, init) => fetch(`http://127.0.0.1:${port}${basePath}${path}`, init),
    close: async () => {
      await close()
    },
  }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
}
