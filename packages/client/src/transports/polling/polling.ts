import { pageReader } from '../page-reader.ts'
import type { ClientTransport } from '../transport.ts'
import { pollLoop } from './poll-loop.ts'

/** What servers grant at most. */
const longestWaitMs = 25_000

/**
 * Asks again and again. `poll`: at the interval that the server suggests. `long-poll`: the server waits with its answer
 * until there is news, so that news comes at once; as `poll` while the page is hidden.
 */
export function polling(name: 'poll' | 'long-poll'): ClientTransport {
  return (context) => (taskId) => (sink) =>
    pollLoop({
      ...context,
      read: pageReader(context, taskId),
      sink,
      via: { name, steppedDownBecause: null },
      waitMs: name === 'poll' ? 0 : longestWaitMs,
    })
}
