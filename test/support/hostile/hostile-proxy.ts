import { createServer, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type Exchange, openExchange } from './exchange.ts'
import { type Misbehaviour, passOn } from './misbehaviours.ts'
import { kindOf, type RequestKind } from './request-kind.ts'

/** A request as the proxy saw it. */
interface SeenRequest {
  readonly kind: RequestKind
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Milliseconds on the proxy's own clock, which runs evenly. */
  readonly at: number
}

/** A proxy between a page and its server that behaves as networks do, and otherwise passes everything on. */
export interface HostileProxy {
  /** Its origin. */
  readonly url: string
  readonly requests: SeenRequest[]
  /** Requests of these kinds that were seen so far. */
  count(...kinds: readonly RequestKind[]): number
  /** The next requests of these kinds meet one misbehaviour each, in this order. */
  next(kinds: readonly RequestKind[], ...misbehaviours: readonly Misbehaviour[]): void
  /** All requests of these kinds meet a misbehaviour, after those of `next`; the answer ends that. */
  always(kinds: readonly RequestKind[], misbehaviour: Misbehaviour): () => void
  /** Resets every connection that is open. */
  cut(): void
  /** While down, connections are reset as soon as they are made; going down cuts those that are open. */
  setDown(isDown: boolean): void
  /** Misbehaviours that were asked for and have not been met: a test that leaves some has not tested them. */
  readonly unmet: number
  close(): Promise<void>
}

/** Listens on a free loopback port, in front of a server on another one. */
export async function openHostileProxy(targetPort: number): Promise<HostileProxy> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const queue: { kinds: readonly RequestKind[]; misbehave: Misbehaviour }[] = []
  const standing = new Set<{ kinds: readonly RequestKind[]; misbehave: Misbehaviour }>()
  let isDown = false

  function takeMisbehaviour(kind: RequestKind): Misbehaviour {
    const at = queue.findIndex(({ kinds }) => kinds.includes(kind))
    if (at >= 0) return queue.splice(at, 1)[0]?.misbehave ?? passOn
    return [...standing].find(({ kinds }) => kinds.includes(kind))?.misbehave ?? passOn
  }

  function serve(exchange: Exchange): void {
    const { kind, request } = exchange
    const { method = 'GET', url = '/' } = request
    requests.push({ kind, method, url, at: performance.now() })
    // An answer that fails on its way is one more connection that breaks.
    Promise.resolve(takeMisbehaviour(kind)(exchange)).catch(() => request.socket.destroy())
  }

  const server = createServer((request, response) => {
    serve(openExchange({ kind: kindOf(request), request, response, upgrade: null, targetPort }))
  })
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    // Node leaves the answer to an upgrade to us; with this it can be refused like any other request.
    const response = new ServerResponse(request)
    response.assignSocket(socket)
    response.shouldKeepAlive = false
    response.on('finish', () => socket.end())
    serve(openExchange({ kind: 'upgrade', request, response, upgrade: { socket, head }, targetPort }))
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (isDown) socket.resetAndDestroy()
  })
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    count: (...kinds) => requests.filter(({ kind }) => kinds.includes(kind)).length,
    next: (kinds, ...misbehaviours) =>
      void queue.push(...misbehaviours.map((misbehave) => ({ kinds, misbehave }))),
    always(kinds, misbehave) {
      const entry = { kinds, misbehave }
      standing.add(entry)
      return () => standing.delete(entry)
    },
    cut,
    setDown(down) {
      isDown = down
      if (down) cut()
    },
    get unmet() {
      return queue.length
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
