import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Who waits behind others on a connection, by that connection: a listener of each would look like a leak to Node. */
const waiting: WeakMap<Socket, Set<() => void>> = new WeakMap()

/**
 * Calls `listener` once when nothing can be sent any more: the answer is whole, or its client has gone. A response to a
 * pipelined request has no connection of its own before those to the earlier ones are whole, and is not told by Node
 * that the connection is gone.
 */
export function onResponseClose(response: ServerResponse, listener: () => void): void {
  const { socket } = response.req
  if (response.socket !== null || response.req.httpVersionMajor !== 1 || socket.destroyed) {
    response.once('close', listener)
    return
  }
  const listeners = waiting.get(socket) ?? listenersOf(socket)
  const once = (): void => {
    if (listeners.delete(once)) listener()
  }
  listeners.add(once)
  response.once('close', once)
}

function listenersOf(socket: Socket): Set<() => void> {
  const listeners = new Set<() => void>()
  waiting.set(socket, listeners)
  socket.once('close', () => {
    for (const listener of [...listeners]) listener()
  })
  return listeners
}
