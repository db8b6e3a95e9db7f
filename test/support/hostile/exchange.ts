import { type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { RequestKind } from './request-kind.ts'

/** What the server has answered, on its way to the page. */
interface ServerAnswer {
  /**
   * Status and headers, with another length or (`null`) none; nothing of an upgraded connection, which is bytes alone.
   */
  begin(length?: number | null): void
  readonly body: Readable
  /** The page's end. */
  readonly page: Writable
}

/** A request, and both ends of its way. */
export interface Exchange {
  readonly kind: RequestKind
  readonly request: IncomingMessage
  /** An answer of the proxy's own; upgrades can be refused with one too. */
  readonly response: ServerResponse
  /** Lets the server have the request; resolves when its answer begins. */
  ask(): Promise<ServerAnswer>
}

/** What an exchange is made of. */
export interface ExchangeParts extends Omit<Exchange, 'ask'> {
  /** The connection and its first bytes, if the request is an upgrade. */
  upgrade: { socket: Socket; head: Buffer } | null
  targetPort: number
}

/** Puts an exchange together; the server hears nothing of it before `ask`. */
export function openExchange({ upgrade, targetPort, ...exchange }: ExchangeParts): Exchange {
  const { request, response } = exchange
  const host = '127.0.0.1'

  const askForAnswer = (): Promise<ServerAnswer> =>
    new Promise((resolve, reject) => {
      const { method, url: path, headers } = request
      const sent = sendRequest({ host, port: targetPort, method, path, headers, agent: false }, (answer) => {
        answer.on('error', () => request.socket.destroy())
        const { statusCode = 502, headers } = answer
        const begin = (length?: number | null): void => {
          if (length !== undefined) delete headers['content-length']
          response.writeHead(statusCode, { ...headers, ...(length && { 'content-length': length }) })
        }
        resolve({ begin, body: answer, page: response })
      })
      sent.on('error', reject)
      response.on('close', () => sent.destroy())
      request.pipe(sent)
    })

  const askForConnection = (socket: Socket, head: Buffer): Promise<ServerAnswer> =>
    new Promise((resolve, reject) => {
      const upstream = connect(targetPort, host, () => {
        const lines = request.rawHeaders.map((part, at) => part + (at % 2 === 0 ? ': ' : '\r\n'))
        upstream.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`)
        upstream.write(head)
        socket.pipe(upstream)
        resolve({ begin: () => {}, body: upstream, page: socket })
      })
      upstream.on('error', reject)
      socket.on('close', () => upstream.destroy())
    })

  return {
    ...exchange,
    ask: () => (upgrade ? askForConnection(upgrade.socket, upgrade.head) : askForAnswer()),
  }
}
