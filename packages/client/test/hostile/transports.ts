import { WebSocket } from 'ws'
import type { RequestKind } from '../../../../test/support/hostile/request-kind.ts'
import type { TaskClientOptions } from '../../src/task-client.ts'
import { polling } from '../../src/transports/index.ts'
import { auto, sse, websocket } from '../../src/transports/push/index.ts'

/** A way to follow a log that must stand every network. */
export interface TestedTransport {
  name: string
  options: TaskClientOptions
  /** Kinds of requests that open its connections, the best first; none where all is read. */
  connections: readonly RequestKind[]
}

/** Every way that the client offers. */
export const transports: readonly TestedTransport[] = [
  { name: 'poll', options: { transport: 'poll' }, connections: [] },
  { name: 'long-poll', options: { transport: 'long-poll' }, connections: [] },
  { name: 'sse', options: { transport: sse() }, connections: ['stream'] },
  { name: 'websocket', options: { transport: websocket({ WebSocket }) }, connections: ['upgrade'] },
  {
    name: 'auto',
    options: { transport: auto([websocket({ WebSocket }), sse(), polling('long-poll')]) },
    connections: ['upgrade', 'stream'],
  },
]
