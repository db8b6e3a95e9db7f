import { blockFold } from '@outlast/core/blocks'
import type { EventPage } from '@outlast/core/protocol'
import { TaskClientError } from '../errors.ts'
import type { Clock } from '../platform/index.ts'
import type { Connection, Cursor, TransportContext, TransportSink } from './transport.ts'

/**
 * A request without a whole answer is given up after this long, as some proxies keep a dead one open for minutes. It
 * doubles with every failure: on a slow line a long log takes its time, and must get it in the end.
 */
const answerWithinMs = 30_000
const mostDoublings = 4

/** What every page tells, whatever it is a page of. */
export type AnyPage = Pick<EventPage, 'up_to_date' | 'poll_interval_ms'>

/** Reads one page at the cursor; with `waitMs` the server may take that long to have news. */
export type ReadPage<Page extends AnyPage = EventPage> = (
  cursor: Cursor,
  signal: AbortSignal,
  waitMs: number,
) => Promise<Page>

/** What became of a request for a page. */
export type PageOutcome =
  | {
      type: 'page'
      /** It held events, or a status, that were not known. */
      fresh: boolean
      /** The cursor has moved on. */
      advanced: boolean
      /** It was read from a cursor that an earlier page had given, and not from the start. */
      continued: boolean
      upToDate: boolean
      finished: boolean
      /** What the server suggests to wait before the next request. */
      intervalMs: number
      /** How long the answer took, if the server was asked to wait for news; else `null`. */
      waitedMs: number | null
    }
  /** The request failed in a way that may pass. */
  | { type: 'failure'; error: TaskClientError }
  /** The cursor is void, or the page did not fit: the sink was reset, read again from the start. */
  | { type: 'void'; error: TaskClientError }
  /** The request failed for good. */
  | { type: 'refused'; error: TaskClientError }

/** Reads the pages of one task for a sink. */
export function pageReader({ client }: Pick<TransportContext, 'client'>, taskId: string): ReadPage {
  return ({ from, epoch }, signal, waitMs) =>
    client.read(taskId, {
      from,
      epoch,
      snapshot: blockFold.name,
      waitMs: waitMs || undefined,
      signal,
    })
}

/** Whatever was thrown, as an error of the client. */
export function errorOf(thrown: unknown): TaskClientError {
  return TaskClientError.is(thrown)
    ? thrown
    : new TaskClientError('invalid_response', 'The answer is not a page of a task.', { cause: thrown })
}

/** What watchers are told in a phase. */
export function connectionOf(phase: string, error: TaskClientError | null, wasUpToDate: boolean): Connection {
  if (phase === 'idle' || phase === 'done' || phase === 'failed') return phase
  if (error !== null) return 'retrying'
  return wasUpToDate ? 'live' : 'connecting'
}

/**
 * Asks for a page, applies it, and tells once what became of it. The answer ends the request: nothing is applied or told
 * from then on.
 */
export function requestPage<Page extends AnyPage>(
  { read, sink, clock }: { read: ReadPage<Page>; sink: TransportSink<Page>; clock: Clock },
  { failures, waitMs }: { failures: number; waitMs: number },
  tell: (outcome: PageOutcome) => void,
): () => void {
  const controller = new AbortController()
  const { signal } = controller
  const askedAt = clock.now()
  const patienceMs = waitMs + answerWithinMs * 2 ** Math.min(failures, mostDoublings)
  const stopClock = clock.schedule(() => {
    const error = new TaskClientError('network_error', `No answer within ${patienceMs / 1_000} s.`)
    tell({ type: 'failure', error })
  }, patienceMs)

  const take = (page: Page): PageOutcome => {
    const before = sink.cursor()
    const applied = sink.apply(page)
    if (applied === null) throw new TaskClientError('cursor_void', 'The page does not follow what is known.')
    return {
      type: 'page',
      ...applied,
      advanced: sink.cursor().from > before.from,
      continued: before.epoch !== null,
      upToDate: page.up_to_date,
      intervalMs: page.poll_interval_ms,
      waitedMs: waitMs ? clock.now() - askedAt : null,
    }
  }

  const ask = async (): Promise<void> => {
    try {
      const page = await read(sink.cursor(), signal, waitMs)
      // Ended while the answer was on its way, so the answer is no longer ours to apply.
      if (!signal.aborted) tell(take(page))
    } catch (thrown) {
      if (signal.aborted) return
      const error = errorOf(thrown)
      const isVoid = error.code === 'cursor_void'
      if (isVoid) sink.reset()
      tell({ type: isVoid ? 'void' : error.transient ? 'failure' : 'refused', error })
    }
  }

  void ask()
  return () => {
    stopClock()
    controller.abort()
  }
}
