import { tabs } from '../../src/tabs/index.ts'
import { TaskClient, type TaskClientOptions } from '../../src/task-client.ts'
import { auto, polling, sse, type WebSocketLike, websocket } from '../../src/transports/push/index.ts'
import { deadConnection, makeTask } from '../support/fake-server.ts'
import { FakeBrowser } from '../tabs/fake-browser.ts'
import { makeStreamWorld } from '../transports/push/fake-streams.ts'

/** Clients whose every timer, listener, request, connection, channel and lock is counted. */
export interface MountWorld {
  /** A client of a tab of its own; with `isShared`, tabs share what they read. */
  openClient(transport: TaskClientOptions['transport'], isShared: boolean): TaskClient
  transports: Readonly<Record<'poll' | 'sse' | 'websocket' | 'auto', () => TaskClientOptions['transport']>>
  advance(ms: number): Promise<void>
  /** The next request is never answered. */
  stall(): void
  /** Event streams that were asked for begin. */
  beginStreams(): void
  /** Everything that was asked for so far. */
  readonly asked: { requests: number; streams: number; sockets: number }
  /** What is under way or waits. */
  readonly left: Readonly<Record<string, number>>
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/** What a world has left where nobody watches. */
export const nothingLeft: MountWorld['left'] = {
  timers: 0,
  listeners: 0,
  requests: 0,
  streams: 0,
  sockets: 0,
  channels: 0,
  locks: 0,
}

/** Makes one; its server has one task, `t1`. */
export function makeMountWorld(): MountWorld {
  const { client, clock, server, streams } = makeStreamWorld({})
  const browser = new FakeBrowser(clock)
  const sockets = new Set<WebSocketLike>()
  let socketsAsked = 0

  /** Lets everybody in, and says of every task that it runs. */
  class Socket implements WebSocketLike {
    onopen: ((event: never) => void) | null = null
    onmessage: ((event: never) => void) | null = null
    onclose: ((event: never) => void) | null = null
    onerror: ((event: never) => void) | null = null

    constructor() {
      socketsAsked++
      sockets.add(this)
      queueMicrotask(() => sockets.has(this) && this.onopen?.({} as never))
    }

    send(text: string): void {
      if (JSON.parse(text).op !== 'subscribe') return
      const message = { op: 'status', task_id: 't1', epoch: 'e1', task: makeTask() }
      queueMicrotask(() => sockets.has(this) && this.onmessage?.({ data: JSON.stringify(message) } as never))
    }

    close(): void {
      sockets.delete(this)
    }
  }

  server.text('hello')
  const baseUrl = 'https://example.com/api/tasks'
  return {
    transports: {
      poll: () => 'poll',
      sse: () => sse(),
      websocket: () => websocket({ WebSocket: Socket }),
      auto: () => auto([websocket({ WebSocket: Socket }), sse(), polling('long-poll')]),
    },
    openClient(transport, isShared) {
      const { clock, platform, host } = browser.openTab()
      return new TaskClient({
        baseUrl,
        fetch: client.context.fetch,
        clock,
        platform,
        random: () => 0.5,
        transport,
        tabs: isShared ? tabs(host) : undefined,
      })
    },
    advance: (ms) => clock.advance(ms),
    stall: () => server.script(deadConnection),
    beginStreams() {
      for (const stream of streams) if (!stream.isAborted) stream.send(':\n\n')
    },
    get asked() {
      return { requests: server.requests.length, streams: streams.length, sockets: socketsAsked }
    },
    get left() {
      const { tabs, channels, held, waiting } = browser
      return {
        timers: clock.pending,
        listeners: sum(tabs.map(({ platform }) => platform.listeners.size)),
        requests: server.inFlight,
        streams: streams.filter(({ isAborted }) => !isAborted).length,
        sockets: sockets.size,
        channels: channels.size,
        locks: held.size + waiting.length,
      }
    },
  }
}
