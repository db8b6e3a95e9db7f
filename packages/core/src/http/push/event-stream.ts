import type { ReadPage } from '../../store/index.ts'
import { Frame, type Sendable } from './frame.ts'
import type { LogWatcher } from './log-watcher.ts'
import type { Pulsed } from './pulse.ts'
import type { PushHub } from './push-hub.ts'
import type { PushBody, PushSink } from './push-sink.ts'

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
  isClosed = false
  readonly #hub: PushHub
  readonly #taskId: string
  readonly #isAllowed: () => Promise<boolean>
  readonly #openedAt: number
  #page: ReadPage | null
  #sink: PushSink | null = null
  #askedAt: number
  #largestBytes = 0
  #whenDrained: (() => void) | null = null
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

  open(sink: PushSink): void {
    this.#sink = sink
    const page = this.#page
    this.#page = null
    if (page === null) return
    this.#hub.add(this)
    this.#hub.feeds.attach(this.#taskId, this, page)
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
    this.#sink?.end()
  }

  /** The head was sent long ago; whoever comes back is told the reason. */
  onFailure(error: unknown): void {
    this.#hub.report(error)
    this.#sink?.end()
  }

  onClose(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#hub.feeds.detach(this.#taskId, this)
    this.#hub.remove(this)
    this.#leave()
    this.onDrain()
  }

  recycle(afterMs = 0): void {
    this.send(new Frame(this.#taskId, this.epoch ?? '', { type: 'recycle', afterMs }))
    this.#sink?.end()
  }

  pulse(now: number): void {
    if (this.isClosed) return
    const { recycleMs, reauthenticateMs } = this.#hub.limits
    if (now - this.#openedAt >= recycleMs) {
      this.recycle()
      return
    }
    if (now - this.#askedAt >= reauthenticateMs) {
      this.#askedAt = now
      this.#isAllowed().then(
        // Whoever comes back without the right to gets the refusal in words.
        (isAllowed) => !isAllowed && this.#sink?.end(),
        (error: unknown) => this.onFailure(error),
      )
    }
    this.#sink?.beat()
  }
}
