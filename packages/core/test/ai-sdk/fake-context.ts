import type { ForwardContext } from '../../src/ai-sdk/index.ts'
import { TaskError } from '../../src/errors.ts'
import { checkEventData } from '../../src/protocol/index.ts'

/** A context that keeps what it is given, and checks it as the real one does. */
export interface FakeContext extends ForwardContext {
  readonly events: { type: string; data: Record<string, unknown> }[]
  readonly flushes: (() => void)[]
  readonly stop: AbortController
}

interface FakeOptions {
  attempt?: number
  /** Number of events from which on `emit` asks for a flush. */
  capacity?: number
  /** Length of the JSON that one event may have. */
  maxBytes?: number
}

export function fakeContext(options: FakeOptions = {}): FakeContext {
  const { attempt = 1, capacity = Number.POSITIVE_INFINITY, maxBytes = 100_000 } = options
  const stop = new AbortController()
  const events: FakeContext['events'] = []
  const flushes: FakeContext['flushes'] = []
  return {
    attempt,
    events,
    flushes,
    stop,
    signal: stop.signal,
    emit(type, data) {
      const problem = checkEventData(type, data)
      if (problem !== null) throw new TaskError('invalid_event', problem)
      if (JSON.stringify(data).length > maxBytes) throw new TaskError('invalid_event', 'It is too large.')
      events.push({ type, data })
      return events.length < capacity
    },
    flush: () => new Promise((resolve) => flushes.push(resolve)),
  }
}

/** A stream of the given parts. */
export async function* streamOf(
  ...parts: { type: string; [field: string]: unknown }[]
): AsyncGenerator<{ type: string }> {
  for (const part of parts) yield part
}
