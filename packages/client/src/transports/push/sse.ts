import { blockFold } from '@outlast/core/blocks'
import { TaskClientError } from '../../errors.ts'
import { sendRequest } from '../../send-request.ts'
import { taskPath } from '../../task-path.ts'
import type { ClientTransport } from '../transport.ts'
import { type SseMessage, sseParser } from './sse-parser.ts'
import { streamLoop } from './stream-loop.ts'
import type { FollowStream, StreamNews } from './stream-news.ts'

/** What a message tells: its data is what its name says. */
function newsOf({ event, data, id }: SseMessage): StreamNews {
  const value = JSON.parse(data)
  const epoch = id.slice(0, id.lastIndexOf('.'))
  return event === 'message'
    ? { op: 'events', events: [value], epoch }
    : ({ op: event, task: value, snapshot: value, epoch } as StreamNews)
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
        path: `${taskPath(taskId)}/events`,
        query: { ...cursor(), snapshot: blockFold.name },
        accept: 'text/event-stream',
        signal,
      })
      const reader = (data as ReadableStream<Uint8Array>).getReader()
      const parse = sseParser()
      for (;;) {
        const { done, value } = await reader.read().catch((cause: unknown) => {
          throw new TaskClientError('network_error', 'No answer', { cause })
        })
        if (done) return null
        const messages = parse(value)
        receive(messages.map(newsOf))
        const recycle = messages.find(({ event }) => event === 'recycle')
        if (recycle) return JSON.parse(recycle.data).retry_ms
      }
    }
    return (sink) => streamLoop({ ...context, name: 'sse', taskId, follow, sink, giveUp })
  }
}
