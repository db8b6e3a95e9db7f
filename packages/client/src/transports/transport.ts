import type { EventPage } from '@outlast/core/protocol'
import type { TaskClientError } from '../errors.ts'

/**
 * How a task's log reaches an observer. `idle`: nobody watches. `connecting`: the end of the log was not reached yet.
 * `live`: following the log. `retrying`: something failed and is tried again. `done`: the whole log is here.
 * `failed`: given up, see the error.
 */
export type Connection = 'idle' | 'connecting' | 'live' | 'retrying' | 'done' | 'failed'

/** Where to read on; `epoch` is `null` before the first page and after a reset. */
export interface Cursor {
  from: number
  epoch: string | null
}

/** What a page meant to the log that it was applied to. */
export interface AppliedPage {
  /** The page held events, or a status, that were not known. */
  fresh: boolean
  /** The task has ended and the whole log is here. */
  finished: boolean
}

/** The receiving end: an observer, as its transport sees it. */
export interface TransportSink {
  cursor(): Cursor
  /**
   * Takes a page in; `null` when it does not fit the log. What is watched changes with the next `report`.
   *
   * @throws TaskClientError `invalid_response` when what came is not what a page holds; the log is then as it was
   */
  apply(page: EventPage): AppliedPage | null
  /** The cursor is void: the next page MUST be one that was read from `cursor()` as it is then. */
  reset(): void
  /** Says how the connection stands, and lets the watchers see everything that was applied. */
  report(connection: Connection, error: TaskClientError | null): void
}

/**
 * Brings the log of one task to a sink. MUST deliver nothing after `stop`, nor anything that was asked for before
 * the latest `reset`; MUST end by itself once a page was `finished`. `stop` never touches the task.
 */
export interface Transport {
  start(): void
  stop(): void
  /** Something has probably changed: look at once. */
  wake(): void
}

/** Makes the transport of one observer. */
export type TransportFactory = (sink: TransportSink) => Transport
