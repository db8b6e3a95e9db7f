import type { Fold } from '../blocks/index.ts'
import { defaults } from '../defaults.ts'
import type { TaskEvent } from '../protocol/index.ts'
import type { Append, EventQuery, Json, LeaseToken, Snapshot, TaskRecord } from '../store/index.ts'
import { type Checkpoint, readCarry, writeCarry } from './carry.ts'
import { type EventEntry, eventTexts } from './event-entry.ts'
import { type LogBounds, LogWindow } from './log-window.ts'
import { type BlockEnding, type NewEvent, OpenBlocks } from './open-blocks.ts'
import { type FoldStart, SnapshotPlan } from './snapshot-plan.ts'

/** Where a log stands when a writer takes it up. */
export interface LogStart {
  task: TaskRecord
  token: LeaseToken
  /** The fold of the events so far; `null` when history is lost, so that nothing can be folded. */
  fold: FoldStart | null
}

/** What is asked of one append beside its events. */
export interface CommitTerms extends Pick<Append, 'unlessStopped' | 'settles' | 'final'> {
  /** JSON text of a checkpoint that stands behind these events. */
  checkpoint?: Json
}

/** An append ready to be sent, and what to do when the store has taken it. */
export interface PlannedAppend {
  append: Append
  /** `sent`: the append as it was stored, which is another one after a repair. */
  accept(sent: Append, nextIdx: number): void
  /** The store has refused it, and the log goes on without it. */
  refuse(): void
}

/** A snapshot of a log for a reader, and the epoch of the log that it is of. */
export interface CurrentState {
  readonly epoch: string
  readonly snapshot: Snapshot
}

/** The writing end of a log: numbers events and decides what each append carries: snapshot, trim, carry, patch. */
export class LogHead {
  readonly #taskId: string
  readonly #token: LeaseToken
  readonly #window: LogWindow
  readonly #snapshots: SnapshotPlan
  readonly #open: OpenBlocks
  #checkpoint: Checkpoint | null
  #nextIdx: number
  #epoch: string

  constructor(
    start: LogStart,
    options: { bounds: LogBounds; fold: Fold | null; onFoldError(error: unknown): void },
  ) {
    const { task } = start
    this.#taskId = task.id
    this.#token = start.token
    this.#nextIdx = task.nextIdx
    this.#epoch = task.epoch
    const carry = readCarry(task.carry)
    this.#open = new OpenBlocks(carry.open, carry.closedInputs)
    this.#checkpoint = carry.checkpoint
    this.#window = new LogWindow(options.bounds, task)
    this.#snapshots = new SnapshotPlan(options.fold, start.fold, task.snapshot?.at ?? 0, options.onFoldError)
  }

  hasOpenTool(id: string): boolean {
    return this.#open.hasTool(id)
  }

  closingEvents(ending: BlockEnding): NewEvent[] {
    return this.#open.closingEvents(ending)
  }

  closingStreams(): NewEvent[] {
    return this.#open.closingStreams()
  }

  /** The last stored checkpoint. */
  get checkpoint(): Checkpoint | null {
    return this.#checkpoint
  }

  /** Numbers the entries and builds their append, which is accepted or refused before the next one is planned. */
  plan(entries: readonly EventEntry[], { checkpoint: value, ...terms }: CommitTerms): PlannedAppend {
    const at = this.#nextIdx
    const open = this.#open
    if (terms.unlessStopped) open.beginTrial()
    const texts: Json[] = []
    const events: TaskEvent[] = []
    const patch: NonNullable<Append['patch']> = {}
    let bytes = 0
    const textOf = eventTexts()
    for (const entry of entries) {
      const { type, json, data, ts } = entry
      const idx = at + events.length
      const text = textOf(entry, idx)
      bytes += Buffer.byteLength(text)
      texts.push(text)
      events.push({ idx, type, data, ts })
      open.apply(type, data)
      if (type === 'progress') patch.progress = json
      else if (type === 'conversation_resolved') patch.conversationId = String(data.conversation_id)
    }
    const append: Append = { taskId: this.#taskId, token: this.#token, at, events: texts, ...terms }
    const checkpoint = value === undefined ? this.#checkpoint : { keepBefore: at + events.length, value }
    if (open.takeChanged() || value !== undefined) append.carry = writeCarry(open, checkpoint)
    for (const _ in patch) {
      append.patch = patch
      break
    }
    this.#planTrim(append, events, bytes)
    return {
      append,
      accept: (sent, nextIdx) => {
        this.#nextIdx = nextIdx
        this.#epoch = sent.newEpoch ?? this.#epoch
        open.keepTrial()
        this.#checkpoint = checkpoint
        this.#window.add(texts.length, bytes)
        if (sent.trimTo !== undefined) this.#window.trimmed(sent.trimTo)
        this.#snapshots.accept(events, bytes, sent.snapshot)
      },
      refuse: () => open.undoTrial(),
    }
  }

  /**
   * The same append for a store that has lost acknowledged events: the log goes on in a new epoch, behind a snapshot
   * of what was lost; where nothing was folded, readers are told of the loss.
   */
  repair(planned: Append, newEpoch: string): Append {
    const { trimTo: _, snapshot: __, ...append } = planned
    const snapshot = this.#snapshots.take([])
    return snapshot === null ? { ...append, newEpoch } : { ...append, newEpoch, snapshot }
  }

  /**
   * The state of the log as far as it is stored, for a reader that it spares a long way; `null` for any other, and where
   * nothing is folded: the store has what there is.
   */
  currentState({ from, folds = [], prefer }: EventQuery): CurrentState | null {
    const { firstIdx } = this.#window
    const isBehind = from < firstIdx
    if (!isBehind && (prefer !== 'smaller' || this.#nextIdx - from < defaults.snapshotEvents)) return null
    const most = isBehind ? Number.POSITIVE_INFINITY : this.#window.leastBytes(from)
    for (const fold of folds) {
      const snapshot = this.#snapshots.current(fold, { firstIdx, most })
      if (snapshot !== null) return { epoch: this.#epoch, snapshot }
    }
    return null
  }

  #planTrim(append: Append, events: readonly TaskEvent[], bytes: number): void {
    const end = append.at + events.length
    const isLast = append.final !== undefined
    const trimTo = this.#window.trimPoint(events.length, bytes, isLast)
    if (this.#snapshots.isDue(end, bytes, { trimTo, isLast })) {
      const snapshot = this.#snapshots.take(events)
      if (snapshot !== null) append.snapshot = snapshot
    }
    if (trimTo !== null) append.trimTo = trimTo
  }
}
