import type { ReadPage } from '../../store/index.ts'
import type { RoutedManager } from '../handler-options.ts'
import { taskNotFound } from '../task-not-found.ts'
import type { Frame } from './frame.ts'
import type { LogFeeds } from './log-feeds.ts'
import { pageQuery } from './page-query.ts'
import type { SendCredit } from './send-credit.ts'
import { type SubscriptionHost, type SubscriptionStart, TaskSubscription } from './task-subscription.ts'

/** What the subscriptions of a socket stand on. */
export interface SubscriptionsOptions {
  manager: Pick<RoutedManager, 'read'>
  feeds: LogFeeds
  userId: string
  credit: SendCredit
  /** Takes a point of the user's rate limit, for the opening of a subscription. Rejects when there is none left. */
  takePoint(): Promise<void>
  send(frame: Frame): void
  /** Resolves when so little is pending that a page more may be sent, or the socket is closed. */
  drained(): Promise<void>
  /** A subscription is over, because of this error. */
  onFailure(taskId: string, error: unknown): void
}

/**
 * The tasks that one socket is subscribed to. They catch up one after the other: a client that subscribes to a hundred
 * long logs at once is sent one page at a time, and costs one read at a time.
 */
export class TaskSubscriptions implements SubscriptionHost {
  readonly #options: SubscriptionsOptions
  readonly #byTask: Map<string, TaskSubscription> = new Map()
  /** Are to catch up, in this order. */
  readonly #waiting: Set<TaskSubscription> = new Set()
  #catchingUp: TaskSubscription | null = null
  /** The first read of `#catchingUp` is under way; nobody else begins before it is over, or a client could pile them up. */
  #isReading = false
  /** Go on when there is credit again. */
  readonly #paused: Set<TaskSubscription> = new Set()
  /** Have spent the credit in what runs at this moment. */
  readonly #spenders: Set<TaskSubscription> = new Set()

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#byTask.size
  }

  has(taskId: string): boolean {
    return this.#byTask.has(taskId)
  }

  /** Begins, or begins anew where the client says that it stands. */
  subscribe(start: SubscriptionStart): void {
    this.unsubscribe(start.taskId)
    this.#begin(new TaskSubscription(this, start))
  }

  unsubscribe(taskId: string): void {
    const subscription = this.#byTask.get(taskId)
    if (subscription !== undefined) this.#close(subscription)
  }

  /** There is credit again. */
  resume(): void {
    for (const subscription of this.#paused) this.#waiting.add(subscription)
    this.#paused.clear()
    this.#catchUpNext()
  }

  close(): void {
    this.#waiting.clear()
    for (const subscription of [...this.#byTask.values()]) this.#close(subscription)
  }

  deliver(subscription: TaskSubscription, frame: Frame): void {
    const { credit, send } = this.#options
    send(frame)
    if (!credit.isSpent || subscription.isClosed) return
    // Its cursor is moved after the call: it can be left only when whoever sends is done.
    if (this.#spenders.size === 0) queueMicrotask(() => this.#pauseSpenders())
    this.#spenders.add(subscription)
  }

  drained(): Promise<void> {
    return this.#options.drained()
  }

  caughtUp(subscription: TaskSubscription): void {
    this.#free(subscription)
  }

  ended(subscription: TaskSubscription): void {
    this.#close(subscription)
  }

  failed(subscription: TaskSubscription, error: unknown): void {
    this.#close(subscription)
    this.#options.onFailure(subscription.taskId, error)
  }

  #begin(subscription: TaskSubscription): void {
    this.#byTask.set(subscription.taskId, subscription)
    this.#waiting.add(subscription)
    this.#catchUpNext()
  }

  #close(subscription: TaskSubscription): void {
    const { taskId } = subscription
    subscription.isClosed = true
    if (this.#byTask.get(taskId) === subscription) this.#byTask.delete(taskId)
    this.#waiting.delete(subscription)
    this.#paused.delete(subscription)
    this.#options.feeds.detach(taskId, subscription)
    this.#free(subscription)
  }

  #pauseSpenders(): void {
    const spenders = [...this.#spenders].filter(({ isClosed }) => !isClosed)
    this.#spenders.clear()
    for (const { taskId, cursor, epoch, folds, told } of spenders) {
      this.subscribe({ taskId, cursor, epoch, folds, told, isResumed: true })
    }
  }

  #catchUpNext(): void {
    if (this.#catchingUp !== null) return
    if (this.#options.credit.isSpent) {
      for (const subscription of this.#waiting) this.#paused.add(subscription)
      this.#waiting.clear()
    }
    const [next] = this.#waiting
    if (next === undefined) return
    this.#waiting.delete(next)
    this.#catchingUp = next
    this.#isReading = true
    this.#attach(next).catch((error: unknown) => next.onFailure(error))
  }

  async #attach(subscription: TaskSubscription): Promise<void> {
    const { feeds, userId } = this.#options
    const page = await this.#readFirst(subscription)
    if (subscription.isClosed) return
    if (page === null || page.task.userId !== userId) throw taskNotFound()
    feeds.attach(subscription.taskId, subscription, page)
  }

  async #readFirst(subscription: TaskSubscription): Promise<ReadPage | null> {
    const { taskId, cursor, folds } = subscription
    try {
      await this.drained()
      if (!subscription.isResumed) await this.#options.takePoint()
      return subscription.isClosed ? null : await this.#options.manager.read(taskId, pageQuery(cursor, folds))
    } finally {
      this.#isReading = false
      if (subscription.isClosed) this.#free(subscription)
    }
  }

  /** Lets the next one catch up. */
  #free(subscription: TaskSubscription): void {
    if (this.#catchingUp !== subscription || this.#isReading) return
    this.#catchingUp = null
    this.#catchUpNext()
  }
}
