import type { EventPage } from '@outlast/core/protocol'
import type { TaskClientError } from '../errors.ts'
import type { Platform } from '../platform/index.ts'
import type { RequestOptions } from '../send-request.ts'
import type { TaskClient } from '../task-client.ts'

/**
 * How a task's log reaches an observer. `idle`: nobody watches. `connecting`: the end of the log was not reached yet.
 * `live`: following the log. `retrying`: something failed and is tried again. `done`: the whole log is here.
 * `failed`: given up, see the error.
 */
export type Connection = 'idle' | 'connecting' | 'live' | 'retrying' | 'done' | 'failed'

/**
 * Why a transport was left for a plainer one. `blocked`: refused, or answered by something else. `silent`: not a byte
 * came in time, as behind a proxy that buffers. `unstable`: it broke again and again while plain reads went well.
 */
export type StepDownReason = 'blocked' | 'silent' | 'unstable'

/** What a log is read through. */
export interface TransportInfo {
  /** `poll`, `long-poll`, `sse`, `websocket`, or the name of a transport of one's own. */
  readonly name: string
  /** Why it is this one and not a better one; `null` for the first choice. */
  readonly steppedDownBecause: StepDownReason | null
}

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

/** The receiving end: an observer, as its transport sees it. Its functions need no `this`. */
export interface TransportSink<Page = EventPage> {
  cursor(): Cursor
  /**
   * Takes a page in; `null` when it does not fit the log. What is watched changes with the next `report`.
   *
   * @throws TaskClientError `invalid_response` when what came is not what a page holds; the log is then as it was
   */
  apply(page: Page): AppliedPage | null
  /** The cursor is void: the next page MUST be one that was read from `cursor()` as it is then. */
  reset(): void
  /** Says how the connection stands, and lets the watchers see everything that was applied; `via` only when it is known. */
  report(connection: Connection, error: TaskClientError | null, via?: TransportInfo): void
}

/**
 * Brings the log of one task to a sink. MUST deliver nothing after `stop`, nor anything that was asked for before
 * the latest `reset`; MUST end by itself once a page was `finished`. `stop` never touches the task.
 */
export interface Transport {
  start(): void
  stop(): void
  /** Something has probably changed: look at once, or once more after the read that is under way, which it never cuts short. */
  wake(): void
}

/** Makes the transport of one observer. */
export type TransportFactory = (sink: TransportSink) => Transport

/** What the transports of a client are made of. */
export interface TransportContext extends RequestOptions {
  client: Pick<TaskClient, 'read'>
  platform: Platform
  /** At least 0, below 1. */
  random(): number
}

/**
 * Makes transports for the tasks of one client: called once for it, and what that answers once for each task. With
 * `giveUp`, a transport that does not get through calls it once, delivers nothing from then on, and leaves the rest to
 * a plainer one.
 */
export type ClientTransport = (
  context: TransportContext,
) => (taskId: string, giveUp?: (because: StepDownReason) => void) => TransportFactory
