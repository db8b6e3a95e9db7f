import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedResponse } from './recorded-response.ts'

/** A `fetch` that answers every request with the recorded body, one frame every `pace` milliseconds. */
export function replayFetch(response: RecordedResponse, pace: number): typeof fetch {
  return async (_url, init) => {
    init?.signal?.throwIfAborted()
    return new Response(bodyOf(response, pace, init?.signal ?? undefined), {
      headers: { 'content-type': 'text/event-stream' },
    })
  }
}

function bodyOf(
  { frames }: RecordedResponse,
  pace: number,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const rest = frames[Symbol.iterator]()
  return new ReadableStream({
    // A rejected pull errors the stream, which is how an aborted request ends for its reader.
    async pull(controller) {
      if (pace > 0) await sleep(pace, undefined, signal === undefined ? {} : { signal })
      signal?.throwIfAborted()
      const frame = rest.next()
      if (frame.done === true) controller.close()
      else controller.enqueue(encoder.encode(frame.value))
    },
  })
}
