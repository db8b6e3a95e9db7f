import { blockFold } from '@outlast/core/blocks'
import type { EventPage } from '@outlast/core/protocol'
import { TaskClientError } from '../errors.ts'
import type { Cursor, TransportContext } from './transport.ts'

/** What every page tells, whatever it is a page of. */
export type AnyPage = Pick<EventPage, 'up_to_date' | 'poll_interval_ms'>

/** Reads one page at the cursor; with `waitMs` the server may take that long to have news. */
export type ReadPage<Page extends AnyPage = EventPage> = (
  cursor: Cursor,
  signal: AbortSignal,
  waitMs: number,
) => Promise<Page>

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
    : new TaskClientError('invalid_response', 'Not a page of a task', { cause: thrown })
}

/** Nothing was heard for so many milliseconds. */
export function silenceOf(ms: number): TaskClientError {
  return new TaskClientError('network_error', `No answer in ${ms / 1_000} s`)
}

/** The log that is known and the one of the server are not the same. */
export function voidCursor(): TaskClientError {
  return new TaskClientError('cursor_void', 'A gap in the log')
}
