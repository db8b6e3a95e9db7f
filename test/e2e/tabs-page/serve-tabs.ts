import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { defineTask, TaskManager } from '@outlast/core'
import { createPushHub } from '@outlast/core/http'
import { createNodeListener } from '@outlast/http-adapter/node'
import { attachTaskWebSocket } from '@outlast/http-adapter/websocket'
import { z } from 'zod'
import { kindOf, logKinds, type RequestKind } from '../../support/hostile/request-kind.ts'
import { bundlePage } from '../bundle-page.ts'

/** A request for a task's log, or for a connection that brings it, as the server got it. */
export interface SeenRequest {
  at: number
  kind: RequestKind
  /** Empty for a socket, which is of no task. */
  taskId: string
  /** Who asks; of a socket known as soon as it has logged in. */
  tab: string
  user: string
}

/** Settings of {@link serveTabs}. */
export interface ServeTabsOptions {
  /** Answer upgrades as a proxy does that knows nothing of them. Default: false. */
  refuseUpgrades?: boolean
}

/** A server of the page and of tasks that write until they are stopped. */
export interface TabsServer {
  url: string
  requests: SeenRequest[]
  /** Event streams and sockets that are open. */
  readonly connections: readonly SeenRequest[]
  /** Starts a task that writes an event every `everyMs`. */
  start(user: string, everyMs: number): Promise<string>
  /** How many events the task has by now. */
  writtenIn(taskId: string): Promise<number>
  close(): Promise<void>
}

const html = '<!doctype html><title>Tabs</title><body></body><script type="module" src="/page.js"></script>'

/** Bundles the page from the sources; answers its code. */
export function buildTabsPage(): Promise<string> {
  return bundlePage(new URL('page.ts', import.meta.url))
}

/** User and tab, out of `Bearer USER.TAB`; `null` for nobody. */
function callerOf(authorization: string | null | undefined): { user: string; tab: string } | null {
  const [, user, tab] = /^Bearer (\w+)\.(\w+)$/.exec(authorization ?? '') ?? []
  return user === undefined || tab === undefined ? null : { user, tab }
}

/** Serves the page and the tasks over HTTP/1.1. */
export async function serveTabs(
  page: string,
  { refuseUpgrades = false }: ServeTabsOptions = {},
): Promise<TabsServer> {
  const ticking = defineTask({
    type: 'ticking',
    input: z.object({ every_ms: z.number() }),
    async run({ input, emit, signal }) {
      for (let count = 0; !signal.aborted; count++) {
        emit('text_chunk', { content: `${count} ` })
        await setTimeout(input.every_ms, undefined, { signal })
      }
    },
  })
  const manager = new TaskManager({ tasks: [ticking] })
  const requests: SeenRequest[] = []
  const sockets = new Map<unknown, SeenRequest>()
  const connections = new Set<SeenRequest>()
  const see = (request: IncomingMessage, kind: RequestKind): SeenRequest => {
    const [, taskId = ''] =
      kind === 'upgrade' ? [] : (/^\/api\/tasks\/([^/?]+)/.exec(request.url ?? '') ?? [])
    const { user, tab } = callerOf(request.headers.authorization) ?? { user: '', tab: '' }
    const seen = { at: Date.now(), kind, taskId, tab, user }
    if (logKinds.includes(kind)) requests.push(seen)
    return seen
  }
  const options = {
    authenticate: ({ headers, raw }: { headers: { get(name: string): string | null }; raw: unknown }) => {
      const caller = callerOf(headers.get('authorization'))
      if (caller === null) return null
      // A browser's socket says who it is with its first message.
      Object.assign(sockets.get(raw) ?? {}, caller)
      return { userId: caller.user, via: 'token' as const }
    },
    push: createPushHub(manager),
  }
  const listener = createNodeListener(manager, options)
  const servePage = (request: IncomingMessage, response: ServerResponse): void => {
    const isScript = request.url === '/page.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
    response.end(isScript ? page : html)
  }
  const server = createServer((request, response) => {
    const seen = see(request, kindOf(request))
    if (seen.kind === 'stream') {
      connections.add(seen)
      response.once('close', () => connections.delete(seen))
    }
    listener(request, response, () => servePage(request, response))
  })
  server.on('upgrade', (request, socket) => {
    const seen = see(request, 'upgrade')
    if (refuseUpgrades) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      return
    }
    sockets.set(request, seen)
    connections.add(seen)
    socket.once('close', () => connections.delete(seen))
  })
  if (!refuseUpgrades) attachTaskWebSocket(server, manager, options)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    get connections() {
      return [...connections]
    },
    async start(user, everyMs) {
      const handle = await manager.create({
        type: 'ticking',
        input: { every_ms: everyMs },
        userId: user,
      })
      return handle.id
    },
    async writtenIn(taskId) {
      const page = await manager.read(taskId)
      return page === null ? 0 : page.from + page.events.length
    },
    async close() {
      await manager.close({ drainMs: 0 })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
