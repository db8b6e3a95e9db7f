import type { TaskClientOptions } from '../../src/task-client.ts'
import { sse, type WebSocketLike, websocket } from '../../src/transports/push/index.ts'
import { json } from '../support/fake-server.ts'
import { type LongLog, pageOf } from './long-log.ts'

/** A server that has nothing to be read, and pushes a long log to whoever follows it, page by page. */
export interface PushLog {
  options: TaskClientOptions
  /** When each page was asked for, in milliseconds. */
  times: number[]
}

/** Makes one; it says no more once so many events were pushed. */
export function pushLog(
  through: 'sse' | 'websocket',
  log: LongLog,
  { events, page }: { events: number; page: number },
): PushLog {
  const times: number[] = []
  let from = 0
  const nextEvents = () => {
    times.push(performance.now())
    const next = pageOf(log, from, page).events
    from += page
    return next
  }
  const stream = (): ReadableStream<Uint8Array> => {
    const utf8 = new TextEncoder()
    return new ReadableStream({
      pull(controller) {
        if (from >= events) return
        const messages = nextEvents().map(
          (event) => `id: e1.${event.idx}\ndata: ${JSON.stringify(event)}\n\n`,
        )
        controller.enqueue(utf8.encode(messages.join('')))
      },
    })
  }

  class Socket implements WebSocketLike {
    onopen: ((event: never) => void) | null = null
    onmessage: ((event: never) => void) | null = null
    onclose: ((event: never) => void) | null = null
    onerror: ((event: never) => void) | null = null
    isOpen = true

    constructor() {
      setImmediate(() => this.onopen?.({} as never))
    }

    send(text: string): void {
      if (JSON.parse(text).op === 'subscribe') setImmediate(() => this.push())
    }

    push(): void {
      if (!this.isOpen || from >= events) return
      const message = { op: 'events', task_id: 't1', events: nextEvents(), next_offset: from }
      this.onmessage?.({ data: JSON.stringify(message) } as never)
      setImmediate(() => this.push())
    }

    close(): void {
      this.isOpen = false
    }
  }

  return {
    times,
    options: {
      baseUrl: 'https://example.com/api/tasks',
      transport: through === 'sse' ? sse() : websocket({ WebSocket: Socket }),
      fetch: async (url) =>
        new URL(url).pathname.endsWith('/events')
          ? new Response(stream(), { headers: { 'content-type': 'text/event-stream' } })
          : json({ success: true, data: pageOf(log, 0, 0) }),
    },
  }
}
