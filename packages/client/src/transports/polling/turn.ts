import type { TaskClientError } from '../../errors.ts'

/**
 * Where following a log stands. `reading`: a request for a page. `following`: the end of the log was reached, and news
 * comes by itself, over a connection. `waiting`: for the next turn. `held`: the server said when to come back, which
 * being woken does not override. `left`: to a plainer transport, for good.
 */
export type Phase = 'idle' | 'reading' | 'following' | 'waiting' | 'held' | 'done' | 'failed' | 'left'

/** What follows on a turn. */
export interface Next {
  phase: Phase
  /** Milliseconds of `waiting` and `held`; default: 0. */
  delayMs?: number
  /** What comes after them; default: `reading`. */
  after?: 'reading' | 'following'
  /** The trouble that watchers are told of; default: the one before goes on. */
  error?: TaskClientError | null
}

/** What is under way between one phase and the next: a request, a connection or a pause, and only one of them. */
export interface Turn {
  /** Fires when the turn is over. */
  readonly signal: AbortSignal
  /** Calls `late` unless the turn is over, or this was called again, within so many milliseconds. */
  within(ms: number, late: () => void): void
  /** Ends the turn. That of a turn that is over already means nothing. */
  end(next: Next): void
}
