import type { Frame } from './frame.ts'
import type { LogWatcher } from './log-watcher.ts'

/** Where a subscription stands. */
export interface SubscriptionStart {
  taskId: string
  cursor: number
  epoch: string | null
  folds: readonly string[] | null
  /** What the client was last told of the task's own state. */
  told?: string
  /** It goes on with one that was interrupted for a while. */
  isResumed?: boolean
}

/** What a subscription needs of its socket. */
export interface SubscriptionHost {
  /** Sends a frame of a subscription that is open. */
  deliver(subscription: TaskSubscription, frame: Frame): void
  drained(): Promise<void>
  caughtUp(subscription: TaskSubscription): void
  ended(subscription: TaskSubscription): void
  failed(subscription: TaskSubscription, error: unknown): void
}

/**
 * One stretch of reading one task through a socket. A subscription that pauses is closed and another one goes on from its
 * cursor, so that no read that was under way for the first can send anything twice.
 */
export class TaskSubscription implements LogWatcher {
  readonly taskId: string
  readonly folds: readonly string[] | null
  cursor: number
  epoch: string | null
  told: string
  isClosed = false
  readonly isResumed: boolean
  readonly #host: SubscriptionHost

  constructor(host: SubscriptionHost, start: SubscriptionStart) {
    const { taskId, cursor, epoch, folds, told = '', isResumed = false } = start
    this.#host = host
    this.taskId = taskId
    this.cursor = cursor
    this.epoch = epoch
    this.folds = folds
    this.told = told
    this.isResumed = isResumed
  }

  send(frame: Frame): void {
    if (!this.isClosed) this.#host.deliver(this, frame)
  }

  drained(): Promise<void> {
    return this.isClosed ? Promise.resolve() : this.#host.drained()
  }

  onCaughtUp(): void {
    this.#host.caughtUp(this)
  }

  onEnd(): void {
    if (!this.isClosed) this.#host.ended(this)
  }

  onFailure(error: unknown): void {
    if (!this.isClosed) this.#host.failed(this, error)
  }
}
