import type { Fold } from '../blocks/index.ts'
import type { Clock } from '../clock.ts'
import { TaskError } from '../errors.ts'
import type { Append, AppendOutcome, EventQuery, Json, Signal } from '../store/index.ts'
import { type ErrorReporter, untilAnswered } from '../store-retry.ts'
import type { AppendBatcher } from './append-batcher.ts'
import type { BufferBudget } from './buffer-budget.ts'
import type { Checkpoint } from './carry.ts'
import { type EventEntry, makeEventEntry } from './event-entry.ts'
import { type CommitTerms, type CurrentState, LogHead, type LogStart } from './log-head.ts'
import type { LogBounds } from './log-window.ts'
import type { BlockEnding, NewEvent } from './open-blocks.ts'

/** Bounds of what one task may write and leave waiting, in events and bytes. */
export interface WriterLimits extends LogBounds {
  maxEventBytes: number
  softBufferBytes: number
  hardBufferBytes: number
}

/** What a writer needs from around it. */
export interface WriterOptions {
  batcher: AppendBatcher
  clock: Clock
  limits: WriterLimits
  /** Shared by all writers of a manager. */
  budget: BufferBudget
  fold: Fold | null
  newEpoch(): string
  onError: ErrorReporter
  /** After a commit; `texts` are the events as stored. */
  onCommit(texts: readonly Json[], outcome: Extract<AppendOutcome, { outcome: 'ok' }>): void
  /** Stop and other requests that came with an answer of the store. */
  onSignals(signals: readonly Signal[]): void
  /** The task is somebody else's now, or gone. */
  onLost(): void
}

/** Events that are committed in one append of their own. */
export interface Commit extends CommitTerms {
  events: readonly NewEvent[]
}

/** `stopped`: a stop is stored and nothing was written; `lost`: the task is no longer this process's. */
export type CommitOutcome = 'ok' | 'stopped' | 'lost'

/** Entries for one append. Plain events (`terms: null`) are gathered; a commit stands alone. */
interface Group {
  entries: EventEntry[]
  terms: CommitTerms | null
  size: number
  settle: ((outcome: CommitOutcome) => void) | null
}

/** Events that go into one append at most: bounds the size of a store's transaction. */
const maxGroupEvents = 1_000

/**
 * Writes one task's log. `emit` checks and serialises; numbers are given when an append is built, so that a refused
 * gate leaves no hole; one append is under way at a time, and it is repeated byte for byte until the store answers.
 */
export class EventWriter {
  readonly #options: WriterOptions
  readonly #taskId: string
  readonly #head: LogHead
  readonly #abandoned: AbortController = new AbortController()
  readonly #queue: Group[] = []
  #lastTs: number
  #waitingSize = 0
  #ending = false
  #sealed = false
  #pumping: Promise<void> | null = null

  constructor(options: WriterOptions, start: LogStart) {
    this.#options = options
    this.#taskId = start.task.id
    this.#lastTs = start.task.createdAt / 1_000
    this.#head = new LogHead(start, {
      bounds: options.limits,
      fold: options.fold,
      onFoldError: (error) => options.onError(error, { stage: 'fold', taskId: start.task.id }),
    })
  }

  /** Bytes of events that wait for the store. */
  get waitingBytes(): number {
    return this.#waitingSize
  }

  /** Whether the stored log has a tool block of this id that is still open. */
  hasOpenTool(id: string): boolean {
    return this.#head.hasOpenTool(id)
  }

  /** The state of the log as far as it is stored, for a reader that it spares a long way; `null` for any other. */
  currentState(query: EventQuery): CurrentState | null {
    return this.#head.currentState(query)
  }

  /**
   * Queues an event.
   *
   * @returns false when more than the soft bound, or half of what the manager may hold, is waiting, or when the log has
   * ended and the event was dropped.
   * @throws TaskError `invalid_event` or `buffer_full`
   */
  emit(type: string, data: object): boolean {
    if (this.#sealed || this.#ending) return false
    const { limits, budget } = this.#options
    const entry = this.#entry(type, data)
    const size = entry.json.length
    if (this.#waitingSize + size > limits.hardBufferBytes) {
      throw bufferFull(`More than ${limits.hardBufferBytes} bytes of this task's events (hardBufferBytes)`)
    }
    if (!budget.hasRoomFor(size)) {
      throw bufferFull(`More than ${budget.maxBytes} bytes of all running tasks' events (maxBufferedBytes)`)
    }
    let group = this.#queue[this.#queue.length - 1]
    if (group === undefined || group.terms !== null || group.entries.length >= maxGroupEvents) {
      group = { entries: [], terms: null, size: 0, settle: null }
      this.#queue.push(group)
    }
    this.#add(group, entry)
    this.#pump()
    return this.#waitingSize <= limits.softBufferBytes && !budget.isScarce
  }

  /** Resolves when everything emitted so far is stored, or can no longer be. */
  async flush(): Promise<void> {
    while (this.#pumping !== null) await this.#pumping
  }

  /** Writes events in one append of their own, after everything emitted so far. */
  async commit({ events, ...terms }: Commit): Promise<CommitOutcome> {
    if (this.#sealed) return 'lost'
    const entries = events.map((event) => this.#entry(event.type, event.data))
    return new Promise((settle) => {
      const group: Group = { entries: [], terms, size: 0, settle }
      for (const entry of entries) this.#add(group, entry)
      this.#queue.push(group)
      this.#pump()
    })
  }

  /** The last stored checkpoint; of an earlier attempt, too. */
  get checkpoint(): Checkpoint | null {
    return this.#head.checkpoint
  }

  /** Closes open text and thinking, and stores the value's JSON together with everything emitted so far. */
  async saveCheckpoint(value: Json): Promise<CommitOutcome> {
    await this.flush()
    return this.commit({ events: this.#head.closingStreams(), checkpoint: value })
  }

  /**
   * Begins another attempt: closes what the last one left open and drops what came after its checkpoint. Nothing is
   * written into an empty log.
   *
   * @param settles keys of signals that concerned the last attempt only.
   */
  async beginAttempt(
    attempt: number,
    nextIdx: number,
    blocks: BlockEnding,
    settles: readonly Signal['key'][],
  ): Promise<CommitOutcome> {
    if (nextIdx === 0) return 'ok'
    const reset = { attempt, keep_before: this.#head.checkpoint?.keepBefore ?? 0 }
    const events = [...this.#head.closingEvents(blocks), { type: 'attempt_reset', data: reset }]
    return this.commit({ events, settles })
  }

  /**
   * Ends the log: closes what is open, in the same append as the terminal event. From the call on, emits are dropped:
   * a block that a runner left behind opens now would never be closed.
   */
  async end(commit: Commit, blocks: BlockEnding): Promise<CommitOutcome> {
    this.#ending = true
    await this.flush()
    const events = [...this.#head.closingEvents(blocks), ...commit.events]
    const outcome = await this.commit({ ...commit, events })
    if (outcome === 'ok') this.#sealed = true
    return outcome
  }

  /** Gives up: the task is no longer this process's, or the process is going. Nothing more is written. */
  abandon(): void {
    this.#sealed = true
    this.#abandoned.abort()
  }

  #entry(type: string, data: object): EventEntry {
    this.#lastTs = Math.max(this.#lastTs, Math.round(this.#options.clock.now()) / 1_000)
    return makeEventEntry(type, data, this.#lastTs, this.#options.limits.maxEventBytes)
  }

  #add(group: Group, entry: EventEntry): void {
    group.entries.push(entry)
    group.size += entry.json.length
    this.#waitingSize += entry.json.length
    this.#options.budget.take(entry.json.length)
  }

  #pump(): void {
    this.#pumping ??= this.#drain()
  }

  async #drain(): Promise<void> {
    // One turn later: whatever is emitted in the same tick goes into one append.
    await Promise.resolve()
    try {
      for (let group = this.#queue.shift(); group !== undefined; group = this.#queue.shift()) {
        const outcome = this.#sealed ? 'lost' : await this.#write(group)
        this.#waitingSize -= group.size
        this.#options.budget.giveBack(group.size)
        group.settle?.(outcome)
      }
    } finally {
      this.#pumping = null
    }
  }

  async #write(group: Group): Promise<CommitOutcome> {
    try {
      const planned = this.#head.plan(group.entries, group.terms ?? {})
      let { append } = planned
      let answer = await this.#send(append)
      if (answer.outcome === 'gap') {
        append = this.#head.repair(append, this.#options.newEpoch())
        answer = await this.#send(append)
      }
      if (answer.outcome === 'ok') {
        planned.accept(append, answer.nextIdx)
        this.#options.onCommit(append.events, answer)
        if (answer.signals.length > 0) this.#options.onSignals(answer.signals)
        return 'ok'
      }
      planned.refuse()
      if (answer.outcome === 'stopped') {
        this.#options.onSignals(answer.signals)
        return 'stopped'
      }
    } catch (error) {
      if (this.#abandoned.signal.aborted) return 'lost'
      this.#options.onError(error, { stage: 'append', taskId: this.#taskId })
    }
    // Fenced, finished elsewhere, deleted, or a store that refuses for good: the run cannot go on here.
    this.abandon()
    this.#options.onLost()
    return 'lost'
  }

  #send(append: Append): Promise<AppendOutcome> {
    return untilAnswered(() => this.#options.batcher.submit(append), {
      clock: this.#options.clock,
      signal: this.#abandoned.signal,
      onFailure: (error) => this.#options.onError(error, { stage: 'append', taskId: this.#taskId }),
    })
  }
}

function bufferFull(what: string): TaskError {
  return new TaskError('buffer_full', `${what} wait for the store; await flush() when emit() returns false.`)
}
