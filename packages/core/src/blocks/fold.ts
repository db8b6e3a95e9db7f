import type { TaskEvent } from '../protocol/index.ts'

/**
 * Turns a log into a state, so that old events may go. `blockFold` is the default; an application whose screen
 * is something else brings its own.
 */
export interface Fold<State = unknown> {
  /** Name and version, such as `blocks@1`. A reader that knows it can go on from a snapshot. */
  readonly name: string
  readonly initial: State
  /** Pure, and total for any event; the state MUST survive `JSON.stringify` and `JSON.parse` unchanged. */
  reduce(state: State, events: readonly TaskEvent[]): State
}
