import type { TaskClientOptions } from '../../../src/task-client.ts'
import { makeWorld, type World } from '../../support/make-world.ts'

/** One event stream that was asked for, as the server has it. */
export interface FakeStream {
  url: URL
  headers: Headers
  at: number
  readonly isAborted: boolean
  /** Answers with something else than a stream. */
  answer(response: Response): void
  fail(): void
  /** Sends text; the first one sends the head, too. */
  send(text: string): void
  sendEvents(...events: { idx: number; type: string; data: object }[]): void
  end(): void
  break(): void
}

/** A world whose event streams do what they are told; all else is the fake server's. */
export function makeStreamWorld(options: TaskClientOptions): World & { streams: FakeStream[] } {
  const streams: FakeStream[] = []
  const world: World = makeWorld({
    ...options,
    fetch(url, init) {
      const target = new URL(url, 'http://localhost')
      if (!target.pathname.endsWith('/events')) return world.server.fetch(url, init)
      return new Promise((resolve, reject) => {
        let controller: ReadableStreamDefaultController<Uint8Array> | null = null
        const { signal } = init
        const open = (): ReadableStreamDefaultController<Uint8Array> => {
          if (controller !== null) return controller
          const body = new ReadableStream<Uint8Array>({
            start(given) {
              controller = given
            },
          })
          resolve(new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }))
          return controller as unknown as ReadableStreamDefaultController<Uint8Array>
        }
        signal?.addEventListener('abort', () => {
          reject(signal.reason)
          controller?.error(signal.reason)
        })
        const send = (text: string): void => open().enqueue(new TextEncoder().encode(text))
        streams.push({
          url: target,
          headers: new Headers(init.headers),
          at: world.clock.now(),
          get isAborted() {
            return signal?.aborted ?? false
          },
          answer: resolve,
          fail: () => reject(new TypeError('fetch failed')),
          send,
          sendEvents(...events) {
            send(
              events
                .map((event) => `id: e1.${event.idx}\ndata: ${JSON.stringify({ ...event, ts: 1 })}\n\n`)
                .join(''),
            )
          },
          end: () => open().close(),
          break: () => open().error(new TypeError('terminated')),
        })
      })
    },
  })
  return { ...world, streams }
}
