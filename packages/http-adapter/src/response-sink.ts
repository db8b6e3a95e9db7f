import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type PushBody, type PushSink, type Sendable, sseComment } from '@outlast/core/http'

/**
 * An answer that stays open, on an HTTP/1.1 connection of Node: frames that are chunks already go to the socket as they
 * are, past whatever buffers, compresses or frames again in between.
 */
class SocketSink implements PushSink {
  readonly #response: ServerResponse
  readonly #socket: Socket

  constructor(response: ServerResponse, socket: Socket) {
    this.#response = response
    this.#socket = socket
  }

  get pending(): number {
    return this.#socket.writableLength
  }

  get needsDrain(): boolean {
    return this.#socket.writableNeedDrain
  }

  send(frame: Sendable): void {
    if (this.#socket.writable) this.#socket.write(frame.bytes('sse_chunked'))
  }

  beat(): void {
    if (this.#socket.writable) this.#socket.write(sseComment.sse_chunked)
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
  const onDrain = (): void => body.onDrain()
  // A request that waits behind another one on its connection has no socket yet, and HTTP/2 has none of its own.
  if (socket !== null && response.chunkedEncoding && response.req.httpVersionMajor === 1) {
    socket.on('drain', onDrain)
    response.once('close', () => {
      socket.off('drain', onDrain)
      body.onClose()
    })
    body.open(new SocketSink(response, socket))
  } else {
    response.on('drain', onDrain)
    response.once('close', () => body.onClose())
    body.open(new ResponseSink(response))
  }
}
