import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type PushBody, type PushSink, type Sendable, sseComment } from '@outlast/core/http'
import { onResponseClose } from './on-response-close.ts'

/**
 * An answer that stays open, on an HTTP/1.1 connection of Node: frames that are chunks already go to the socket as they
 * are, past whatever buffers, compresses or frames again in between.
 */
class SocketSink implements PushSink {
  readonly #response: ServerResponse
  readonly #socket: Socket
  readonly #body: PushBody
  #awaitsDrain = false

  constructor(response: ServerResponse, socket: Socket, body: PushBody) {
    this.#response = response
    this.#socket = socket
    this.#body = body
  }

  get pending(): number {
    return this.#socket.writableLength
  }

  get needsDrain(): boolean {
    return this.#socket.writableNeedDrain
  }

  send(frame: Sendable): void {
    this.#write(frame.bytes('sse_chunked'))
  }

  beat(): void {
    this.#write(sseComment.sse_chunked)
  }

  #write(bytes: Buffer): void {
    const socket = this.#socket
    if (!socket.writable) return
    socket.write(bytes)
    if (!socket.writableNeedDrain || this.#awaitsDrain) return
    // Only from here on: of thousands that are idle, none has to be told.
    this.#awaitsDrain = true
    socket.once('drain', () => {
      this.#awaitsDrain = false
      this.#body.onDrain()
    })
  }

  end(): void {
    this.#response.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** An answer that stays open, on any other connection: HTTP/1.0, as proxies speak it, or HTTP/2. */
class ResponseSink implements PushSink {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get pending(): number {
    return this.#response.writableLength
  }

  get needsDrain(): boolean {
    return this.#response.writableNeedDrain
  }

  send(frame: Sendable): void {
    if (this.#response.writable) this.#response.write(frame.bytes('sse'))
  }

  beat(): void {
    if (this.#response.writable) this.#response.write(sseComment.sse)
  }

  end(): void {
    this.#response.end()
  }

  destroy(): void {
    this.#response.destroy()
  }
}

/** Connects a body that stays open with a response whose head has been written. */
export function openBody(response: ServerResponse, body: PushBody): void {
  response.flushHeaders()
  const { socket } = response
  onResponseClose(response, () => body.onClose())
  // A request that waits behind another one on its connection has no socket yet, and HTTP/2 has none of its own.
  if (socket !== null && response.chunkedEncoding && response.req.httpVersionMajor === 1) {
    body.open(new SocketSink(response, socket, body))
  } else {
    response.on('drain', () => body.onDrain())
    body.open(new ResponseSink(response))
  }
}
