import type { IncomingMessage, Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { TaskError } from '@outlast/core'
import {
  createTaskHandler,
  errorResponse,
  type RoutedManager,
  type Sendable,
  type SocketRequest,
  type SocketSession,
  type SocketSink,
  socketBounds,
  type TaskHandlerOptions,
} from '@outlast/core/http'
import { socketCloseCodes, socketPath, tokenProtocol } from '@outlast/core/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import { requestHeaders } from './node-request.ts'

/** Options of the WebSocket; those of a handler, and more. */
export interface TaskWebSocketOptions extends TaskHandlerOptions {
  /**
   * Takes a token from the query, as `?token=`, for clients that can send it no other way. Addresses end up in the logs
   * of proxies, and the token with them. Default: false.
   */
  tokenInQuery?: boolean
}

/** The WebSocket of a server. */
export interface TaskWebSocket {
  /** Lets the server's upgrades go by, and asks those who are connected to come back elsewhere. */
  close(): void
}

/** A socket of `ws`, in neutral form. */
class WsSink implements SocketSink {
  readonly #webSocket: WebSocket
  readonly #connection: Duplex

  constructor(webSocket: WebSocket, connection: Duplex) {
    this.#webSocket = webSocket
    this.#connection = connection
  }

  get pending(): number {
    return this.#webSocket.bufferedAmount
  }

  get needsDrain(): boolean {
    return this.#connection.writableNeedDrain
  }

  send(text: Uint8Array): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(text, { binary: false })
  }

  sendFrame(frame: Sendable): void {
    // Framed once for all sockets, where `ws` would frame it for each: without extensions it writes the same bytes.
    if (this.#webSocket.readyState === this.#webSocket.OPEN)
      this.#connection.write(frame.bytes('socket_framed'))
  }

  ping(): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping()
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason)
  }
}

/**
 * Serves the WebSocket of a manager at `BASE/ws` of a server, and leaves its other upgrades alone.
 *
 * Whoever may not come in is let in and shown out again with a close code (4401, 4403, 4429): of an upgrade that is
 * refused with a status, a page is told that it failed and not why.
 *
 * @example
 * ```ts
 * const server = createServer(createNodeListener(manager, options))
 * attachTaskWebSocket(server, manager, options)
 * ```
 * @param options `push` with a hub of `createPushHub` shares the work with other mounts of the manager
 * @throws TaskError `invalid_definition` without a manager or `authenticate`
 */
export function attachTaskWebSocket(
  server: Server | SecureServer,
  manager: RoutedManager,
  options: TaskWebSocketOptions,
): TaskWebSocket {
  const { tokenInQuery = false, ...handlerOptions } = options
  const { basePath, openSocket } = createTaskHandler(manager, handlerOptions)
  const path = basePath + socketPath
  const webSockets = new WebSocketServer({
    noServer: true,
    // It would cost some 300 kB and a queue for each socket.
    perMessageDeflate: false,
    maxPayload: socketBounds.messageBytes,
    handleProtocols: chooseProtocol,
  })

  const onUpgrade = (request: IncomingMessage, connection: Duplex, head: Buffer): void => {
    const { url = '/' } = request
    const [asked, query] = url.split('?', 2)
    if (asked !== path) {
      // Node hands an upgrade to whoever listens and lets go of it; with nobody else it would stay open for ever.
      if (isLastOf(server, onUpgrade)) refuse(connection, path)
      return
    }
    const tokenInUrl = tokenInQuery ? new URLSearchParams(query).get('token') : null
    const socketRequest: SocketRequest = {
      url: url.slice(basePath.length),
      basePath,
      host: request.headers.host ?? null,
      headers: requestHeaders(request),
      raw: request,
      token: tokenOf(request.headers['sec-websocket-protocol']) ?? tokenInUrl,
    }
    webSockets.handleUpgrade(request, connection, head, (webSocket) => {
      serve(webSocket, connection, openSocket(socketRequest, new WsSink(webSocket, connection)))
    })
  }
  server.on('upgrade', onUpgrade)
  const mounted = mounts.get(server) ?? new Set()
  mounts.set(server, mounted.add(onUpgrade))
  return {
    close() {
      server.off('upgrade', onUpgrade)
      mounted.delete(onUpgrade)
      for (const webSocket of webSockets.clients) {
        webSocket.close(socketCloseCodes.restart, 'come back at once')
      }
    },
  }
}

/** The sockets that are served on each server: of two mounts, the one that was made last refuses what neither takes. */
const mounts: WeakMap<object, Set<unknown>> = new WeakMap()

/** Whether nobody but mounts of the tasks listens to the upgrades of a server, and this is the last one to be asked. */
function isLastOf(server: Server | SecureServer, onUpgrade: unknown): boolean {
  const mounted = [...(mounts.get(server) ?? [])]
  return server.listenerCount('upgrade') === mounted.length && mounted.at(-1) === onUpgrade
}

/** Answers an upgrade that nobody takes, and closes its connection. */
function refuse(connection: Duplex, path: string): void {
  const error = new TaskError(
    'route_not_found',
    `There is no WebSocket here; the tasks' own is at "${path}".`,
  )
  const { headers, body } = errorResponse(error)
  const text = String(body)
  const fields = { ...headers, 'content-length': Buffer.byteLength(text), connection: 'close' }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  connection.on('error', () => connection.destroy())
  connection.end(`HTTP/1.1 404 Not Found\r\n${head.join('')}\r\n${text}`, () => connection.destroy())
}

/** Tells a session what becomes of its socket. */
function serve(webSocket: WebSocket, connection: Duplex, session: SocketSession): void {
  const onDrain = (): void => session.onDrain()
  connection.on('drain', onDrain)
  // Sockets of `ws` give buffers unless told otherwise.
  webSocket.on('message', (message) => session.receive(message as Buffer))
  webSocket.on('pong', () => session.onPong())
  webSocket.on('close', () => {
    connection.off('drain', onDrain)
    session.onClose()
  })
  webSocket.on('error', () => {
    // The client broke the WebSocket protocol, or its connection did; `close` follows.
  })
}

/** A browser closes a socket of which none of its protocols is confirmed. A token need not be sent back. */
function chooseProtocol(protocols: ReadonlySet<string>): string | false {
  const offered = [...protocols]
  return offered.find((name) => !name.startsWith(tokenProtocol)) ?? offered[0] ?? false
}

/** The token among the protocols that a client offers. */
function tokenOf(protocols: string | undefined): string | null {
  const offered = protocols?.split(',').map((protocol) => protocol.trim())
  return offered?.find((name) => name.startsWith(tokenProtocol))?.slice(tokenProtocol.length) ?? null
}
