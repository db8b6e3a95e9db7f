import { type BlocksState, blockFold, type Fold } from '../blocks/index.ts'
import { defaults } from '../defaults.ts'
import type { TaskEvent } from '../protocol/index.ts'
import type { Snapshot } from '../store/index.ts'
import { mergeChunks } from './merge-chunks.ts'
import { eagerSnapshot, joinTexts, lazySnapshot, type TakenSnapshot } from './taken-snapshot.ts'

/** Where the fold of a log stands when a writer takes it up. */
export interface FoldStart {
  /** Fold of all events before `at`. */
  state: unknown
  at: number
}

/** Events are folded in batches of this size: a reducer copies its list of blocks once a batch. */
const foldBatch = 256

/**
 * Bytes of events from which on a snapshot's text is made at once: one that is too long for the engine must be found
 * out before a store is given it. Below this there is none.
 */
const maxLazyBytes = 2 ** 27

/** Texts are joined when they have grown by a quarter: seldom enough to be linear, before the pieces weigh much. */
const joinGrowth = 1.25

/**
 * A tail of less than this part of a state's text is sent beside an older one, as a new text costs more than that. An
 * event's byte costs a reader about as much as four of a state, so such a tail makes a restore an eighth dearer at most.
 */
const smallTail = 1 / 32

/** The one fold of which core knows more than that it is pure. */
const isBlockFold = (fold: Fold): boolean => (fold as unknown) === blockFold

function reduce(fold: Fold, state: unknown, events: readonly TaskEvent[]): unknown {
  return fold.reduce(state, isBlockFold(fold) ? mergeChunks(events) : events)
}

/**
 * Folds a log as it is written, and says when a snapshot is due: when the tail behind the last one has grown by
 * `snapshotEvents` and by a quarter of the state's bytes, which keeps the cost of all snapshots linear, when events
 * are about to go that no snapshot covers, and when the log ends: from then on nobody has the state at hand.
 */
export class SnapshotPlan {
  readonly #onError: (error: unknown) => void
  #fold: Fold | null
  #state: unknown
  #foldedTo: number
  #unfolded: TaskEvent[] = []
  /** The latest one, and the state that it was made from. */
  #taken: (TakenSnapshot & { state: unknown }) | null = null
  #lastAt: number
  #lastLength: () => number = () => 0
  #sizeSince = 0
  /** Characters that the state's text has at most; unknown of what another writer has left. */
  #mostLength: number
  #joinedLength = 0
  /** The one that readers were given last, and the bytes of events stored since it was made. */
  #current: Snapshot | null = null
  #sizeSinceCurrent = 0

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
    this.#mostLength = this.#foldedTo === 0 ? 0 : Number.POSITIVE_INFINITY
    this.#lastAt = lastSnapshotAt
    this.#onError = onError
  }

  /** Whether a snapshot should go with events up to `end`, of which those below `trimTo` leave. */
  isDue(end: number, size: number, { trimTo, isLast }: { trimTo: number | null; isLast: boolean }): boolean {
    if (this.#fold === null) return false
    if (trimTo !== null && trimTo > this.#lastAt) return true
    const share = isLast ? smallTail : 1 / 4
    return (
      end - (isLast ? 0 : this.#lastAt) >= defaults.snapshotEvents &&
      this.#sizeSince + size >= this.#lastLength() * share
    )
  }

  /**
   * A snapshot of all that is stored, or of all but a small tail behind `firstIdx`, for a reader. Its text is kept until
   * the tail is no longer small: many may ask at once, each a few events later.
   *
   * @param most characters that are too many
   * @returns `null` also when nothing is folded
   */
  current(fold: string, { firstIdx, most }: { firstIdx: number; most: number }): Snapshot | null {
    // A state seldom shrinks: where the last one was too long, no text is made to find out.
    if (this.#fold?.name !== fold || this.#lastLength() >= most) return null
    if (this.#current === null || this.#current.at < firstIdx) this.#makeCurrent()
    const snapshot = this.#current
    return snapshot !== null && snapshot.state.length < most ? snapshot : null
  }

  /** The snapshot behind `events`, which have not been accepted yet; `null` when the reducer threw. */
  take(events: readonly TaskEvent[]): Snapshot | null {
    this.#foldNow()
    const fold = this.#fold
    if (fold === null) return null
    try {
      const state = events.length === 0 ? this.#state : reduce(fold, this.#state, events)
      const taken = this.#snapshotOf(fold, this.#foldedTo + events.length, state)
      this.#taken = { ...taken, state }
      return taken.snapshot
    } catch (error) {
      this.#fail(error)
      return null
    }
  }

  /** Takes note of events that were stored, together with the snapshot that went with them. */
  accept(events: readonly TaskEvent[], size: number, snapshot: Snapshot | undefined): void {
    if (this.#fold === null) return
    this.#sizeSince += size
    this.#mostLength += size
    this.#sizeSinceCurrent += size
    if (this.#current !== null && this.#sizeSinceCurrent >= this.#current.state.length * smallTail)
      this.#current = null
    if (snapshot !== undefined && snapshot === this.#taken?.snapshot) {
      this.#state = this.#taken.state
      this.#foldedTo = snapshot.at
      this.#lastAt = snapshot.at
      this.#lastLength = this.#taken.length
      this.#sizeSince = 0
    }
    this.#taken = null
    for (const event of events) if (event.idx >= this.#foldedTo) this.#unfolded.push(event)
    if (this.#unfolded.length >= foldBatch) this.#foldNow()
  }

  #makeCurrent(): void {
    this.#foldNow()
    if (this.#fold === null) return
    try {
      this.#current = eagerSnapshot(this.#foldedTo, this.#fold.name, this.#state).snapshot
      this.#sizeSinceCurrent = 0
    } catch (error) {
      this.#fail(error)
    }
  }

  #snapshotOf(fold: Fold, at: number, state: unknown): TakenSnapshot {
    // Of another fold's state nothing is known before its text is made.
    if (!isBlockFold(fold) || this.#mostLength >= maxLazyBytes) {
      const taken = eagerSnapshot(at, fold.name, state)
      this.#mostLength = taken.length()
      return taken
    }
    const blocks = state as BlocksState
    const taken = lazySnapshot(at, fold.name, blocks)
    if (taken.length() > this.#joinedLength * joinGrowth) {
      joinTexts(blocks)
      this.#joinedLength = taken.length()
    }
    return taken
  }

  #foldNow(): void {
    if (this.#fold === null || this.#unfolded.length === 0) return
    try {
      this.#state = reduce(this.#fold, this.#state, this.#unfolded)
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
    this.#taken = null
    this.#current = null
    this.#onError(error)
  }
}
