import { blockFold } from '@outlast/core/blocks'
import { routes } from '@outlast/core/protocol'
import { TaskClientError } from '../../errors.ts'
import { sendRequest } from '../../send-request.ts'
import type { ClientTransport } from '../transport.ts'
import { type SseMessage, sseParser } from './sse-parser.ts'
import { streamLoop } from './stream-loop.ts'
import type { FollowStream, StreamNews } from './stream-news.ts'

/** What a message tells; `null` for one that is none of ours. */
function newsOf({ event, data, id }: SseMessage): StreamNews | null {
  const epoch = id.slice(0, id.lastIndexOf('.'))
  switch (event) {
    case 'message':
      return { op: 'events', events: [JSON.parse(data)], epoch }
    case 'status':
      return { op: event, task: JSON.parse(data) }
    case 'snapshot':
      return { op: event, snapshot: JSON.parse(data), epoch }
    case 'reset':
    case 'end':
      return { op: event }
    default:
      return null
  }
}

/**
 * Follows each task by an event stream of its own, over `fetch`, so that `headers` go along: news comes at once through
 * whatever does not buffer. Over HTTP/1.1 a browser has six connections to a host, for all its tabs; each stream takes one.
 *
 * @example
 * const client = new TaskClient({ transport: sse() })
 */
export function sse(): ClientTransport {
  return (context) => (taskId, giveUp) => {
    const follow: FollowStream = async (cursor, receive, signal) => {
      const { data } = await sendRequest(context, {
        path: `${routes.task(taskId)}/events`,
        query: { ...cursor(), snapshot: blockFold.name },
        accept: 'text/event-stream',
        signal,
      })
      const reader = (data as ReadableStream<Uint8Array>).getReader()
      const parse = sseParser()
      for (;;) {
        const { done, value } = await reader.read().catch((cause: unknown) => {
          throw new TaskClientError('network_error', 'The stream broke.', { cause })
        })
        if (done) return { error: null, delayMs: null }
        const messages = parse(value)
        receive(messages.flatMap((message) => newsOf(message) ?? []))
        const recycle = messages.find(({ event }) => event === 'recycle')
        if (recycle) return { error: null, delayMs: Number(JSON.parse(recycle.data).retry_ms) || 0 }
      }
    }
    return (sink) => streamLoop({ ...context, name: 'sse', taskId, follow, sink, giveUp })
  }
}
