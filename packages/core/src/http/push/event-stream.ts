import type { ReadPage } from '../../store/index.ts'
import { Frame, type Sendable } from './frame.ts'
import type { LogWatcher } from './log-watcher.ts'
import type { Pulsed } from './pulse.ts'
import type { PushHub } from './push-hub.ts'
import type { PushBody, PushSink } from './push-sink.ts'
import { restartPause } from './restart-pause.ts'

/** What an event stream is about. */
export interface EventStreamStart {
  taskId: string
  userId: string
  cursor: number
  epoch: string | null
  folds: readonly string[] | null
  /** What was read of the task when it was asked for. */
  page: ReadPage
  /** Whether whoever opened the stream may still read it. */
  isAllowed(): Promise<boolean>
}

/** One open event stream of a task. */
export class EventStream implements PushBody, LogWatcher, Pulsed {
  cursor: number
  epoch: string | null
  readonly folds: readonly string[] | null
  told = ''
  readonly #hub: PushHub
  readonly #taskId: string
  readonly #isAllowed: () => Promise<boolean>
  readonly #openedAt: number
  #page: ReadPage | null
  #sink: PushSink | null = null
  #askedAt: number
  #largestBytes = 0
  #whenDrained: (() => void) | null = null
  /** When the answer was ended; what was sent before may still be on its way. */
  #endedAt: number | null = null
  #isGone = false
  readonly #leave: () => void

  /** @throws TaskError `rate_limited` when the user has too many connections */
  constructor(hub: PushHub, { taskId, userId, cursor, epoch, folds, page, isAllowed }: EventStreamStart) {
    this.#leave = hub.enter(userId)
    this.#hub = hub
    this.#taskId = taskId
    this.cursor = cursor
    this.epoch = epoch
    this.folds = folds
    this.#page = page
    this.#isAllowed = isAllowed
    this.#openedAt = hub.clock.now()
    this.#askedAt = this.#openedAt
  }

  get isClosed(): boolean {
    return this.#isGone || this.#endedAt !== null
  }

  open(sink: PushSink): void {
    this.#sink = sink
    const page = this.#page
    this.#page = null
    if (page === null) return
    this.#hub.add(this)
    this.#hub.feeds.attach(this.#taskId, this, page)
    if (this.#hub.isClosed) this.recycle(restartPause(0, 1))
  }

  send(frame: Frame): void {
    this.sendBytes(frame)
  }

  /** Sends what is worded for this kind of stream. */
  protected sendBytes(frame: Sendable): void {
    const sink = this.#sink
    if (sink === null || this.isClosed) return
    const before = sink.pending
    sink.send(frame)
    const { pending } = sink
    // One frame may be larger than the bound, such as a snapshot; that alone is nobody's slowness.
    this.#largestBytes = Math.max(this.#largestBytes, pending - before)
    // It comes back by its cursor, when it reads again.
    if (pending > this.#hub.limits.maxPendingBytes + this.#largestBytes) sink.destroy()
  }

  drained(): Promise<void> {
    if (this.isClosed || this.#sink?.needsDrain !== true) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenDrained = resolve
    })
  }

  onDrain(): void {
    this.#whenDrained?.()
    this.#whenDrained = null
  }

  /** Nobody waits for that. */
  onCaughtUp(): void {}

  onEnd(): void {
    this.#end()
  }

  /** The head was sent long ago; whoever comes back is told the reason. */
  onFailure(error: unknown): void {
    this.#hub.report(error)
    this.#end()
  }

  onClose(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#hub.feeds.detach(this.#taskId, this)
    this.#hub.remove(this)
    this.#leave()
    this.onDrain()
  }

  recycle(afterMs = 0): void {
    this.send(new Frame(this.#taskId, this.epoch ?? '', { type: 'recycle', afterMs }))
    this.#end()
  }

  /** Ends the answer: nothing more is sent, whatever comes. Who has not read it yet may do so until the next pulse. */
  #end(): void {
    if (this.#endedAt !== null) return
    this.#endedAt = this.#hub.clock.now()
    this.#hub.feeds.detach(this.#taskId, this)
    this.#sink?.end()
    this.onDrain()
  }

  pulse(now: number): void {
    if (this.#isGone) return
    const { recycleMs, reauthenticateMs, heartbeatMs } = this.#hub.limits
    if (this.#endedAt !== null) {
      // Its place would be taken for ever by a client that never reads.
      if (now - this.#endedAt >= heartbeatMs) this.#sink?.destroy()
      return
    }
    if (now - this.#openedAt >= recycleMs) {
      this.recycle()
      return
    }
    if (now - this.#askedAt >= reauthenticateMs) {
      this.#askedAt = now
      this.#isAllowed().then(
        // Whoever comes back without the right to gets the refusal in words.
        (isAllowed) => isAllowed || this.#end(),
        (error: unknown) => this.onFailure(error),
      )
    }
    this.#sink?.beat()
  }
}
