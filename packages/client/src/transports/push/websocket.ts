import { TaskClientError } from '../../errors.ts'
import type { ClientTransport } from '../transport.ts'
import { sharedSocket, type WebSocketLike } from './shared-socket.ts'
import { streamLoop } from './stream-loop.ts'

/** Settings of {@link websocket}. */
export interface WebSocketTransportOptions {
  /**
   * Default: the host's, which Node has from 22 on; before that, pass the one of `ws`. Without any, observers fail with
   * `invalid_url`, and `auto` goes on with the next transport.
   */
  WebSocket?: (new (url: string) => WebSocketLike) | undefined
}

/**
 * Follows all tasks of the client through one socket: news comes at once, however many there are. The server has to
 * serve it. A bearer token among `headers` is sent as the first message.
 *
 * @example
 * const client = new TaskClient({ transport: websocket() })
 */
export function websocket(options: WebSocketTransportOptions = {}): ClientTransport {
  return (context) => {
    const connect = (url: string): WebSocketLike => {
      // Looked up late: a host may get one after the client was made.
      const { WebSocket = globalThis.WebSocket } = options
      if (!WebSocket)
        throw new TaskClientError('invalid_url', 'No WebSocket here: pass websocket({ WebSocket })')
      return new WebSocket(url)
    }
    const followOf = sharedSocket(connect, context)
    return (taskId, giveUp) => (sink) =>
      streamLoop({ ...context, name: 'websocket', taskId, follow: followOf(taskId), sink, giveUp })
  }
}
