import type { SocketClientMessage, SocketServerMessage } from '@outlast/core/protocol'
import WebSocket, { type ClientOptions } from 'ws'
import { until } from './push-world.ts'

/** A WebSocket client that keeps what it is sent. */
export class SocketClient {
  readonly messages: SocketServerMessage[] = []
  readonly webSocket: WebSocket
  closed: { code: number; reason: string } | null = null
  pings = 0

  constructor(url: string, options: ClientOptions & { protocols?: string[] } = {}) {
    const { protocols = [], ...rest } = options
    this.webSocket = new WebSocket(url, protocols, rest)
    this.webSocket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as SocketServerMessage)
    })
    this.webSocket.on('ping', () => this.pings++)
    this.webSocket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
    this.webSocket.on('error', () => {
      // A refused upgrade; `close` follows.
    })
  }

  async opened(): Promise<this> {
    await until(() => this.webSocket.readyState !== WebSocket.CONNECTING)
    return this
  }

  say(message: SocketClientMessage): void {
    this.webSocket.send(JSON.stringify(message))
  }

  of<Op extends SocketServerMessage['op']>(op: Op): Extract<SocketServerMessage, { op: Op }>[] {
    return this.messages.filter((message) => message.op === op) as Extract<SocketServerMessage, { op: Op }>[]
  }

  get indexes(): number[] {
    return this.of('events').flatMap(({ events }) => events.map(({ idx }) => idx))
  }
}
