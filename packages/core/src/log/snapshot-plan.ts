import type { Fold } from '../blocks/index.ts'
import { defaults } from '../defaults.ts'
import type { TaskEvent } from '../protocol/index.ts'
import type { Snapshot } from '../store/index.ts'

/** Where the fold of a log stands when a writer takes it up. */
export interface FoldStart {
  /** Fold of all events before `at`. */
  state: unknown
  at: number
}

/** Events are folded in batches of this size: a reducer copies its list of blocks once a batch. */
const foldBatch = 256

/**
 * Folds a log as it is written, and says when a snapshot is due: when the tail behind the last one has grown by
 * `snapshotEvents` and by a quarter of the state's bytes, which keeps the cost of all snapshots linear, or when events
 * are about to go that no snapshot covers.
 */
export class SnapshotPlan {
  readonly #onError: (error: unknown) => void
  #fold: Fold | null
  #state: unknown
  #foldedTo: number
  #unfolded: TaskEvent[] = []
  #lastAt: number
  #lastStateSize = 0
  #sizeSince = 0

  /** `start: null`: the log's history is lost, so there is nothing to go on folding from. */
  constructor(
    fold: Fold | null,
    start: FoldStart | null,
    lastSnapshotAt: number,
    onError: (error: unknown) => void,
  ) {
    this.#fold = start === null ? null : fold
    this.#state = start?.state
    this.#foldedTo = start?.at ?? 0
    this.#lastAt = lastSnapshotAt
    this.#onError = onError
  }

  /** Whether a snapshot should go with events up to `end`, of which those below `trimTo` leave. */
  isDue(end: number, size: number, trimTo: number | null): boolean {
    if (this.#fold === null) return false
    if (trimTo !== null && trimTo > this.#lastAt) return true
    return (
      end - this.#lastAt >= defaults.snapshotEvents && (this.#sizeSince + size) * 4 >= this.#lastStateSize
    )
  }

  /** The snapshot behind `events`, which have not been accepted yet; `null` when the reducer threw. */
  take(events: readonly TaskEvent[]): Snapshot | null {
    this.#foldNow()
    if (this.#fold === null) return null
    try {
      const state = events.length === 0 ? this.#state : this.#fold.reduce(this.#state, events)
      const json: unknown = JSON.stringify(state)
      if (typeof json !== 'string') throw new TypeError('the reducer returned a state that has no JSON')
      return { at: this.#foldedTo + events.length, fold: this.#fold.name, state: json }
    } catch (error) {
      this.#fail(error)
      return null
    }
  }

  /** Takes note of events that were stored, together with the snapshot that went with them. */
  accept(events: readonly TaskEvent[], size: number, snapshot: Snapshot | undefined): void {
    if (this.#fold === null) return
    for (const event of events) this.#unfolded.push(event)
    this.#sizeSince += size
    if (snapshot !== undefined) {
      this.#lastAt = snapshot.at
      this.#lastStateSize = snapshot.state.length
      this.#sizeSince = 0
    }
    if (this.#unfolded.length >= foldBatch) this.#foldNow()
  }

  #foldNow(): void {
    if (this.#fold === null || this.#unfolded.length === 0) return
    try {
      this.#state = this.#fold.reduce(this.#state, this.#unfolded)
      this.#foldedTo += this.#unfolded.length
    } catch (error) {
      this.#fail(error)
    }
    this.#unfolded = []
  }

  /** A reducer that throws never fails the task: the log is trimmed without it, and readers are told of the loss. */
  #fail(error: unknown): void {
    this.#fold = null
    this.#state = undefined
    this.#onError(error)
  }
}
