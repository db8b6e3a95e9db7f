import type { Clock } from '../../clock.ts'
import { TaskError } from '../../errors.ts'
import type { RoutedManager } from '../handler-options.ts'
import { LogFeeds } from './log-feeds.ts'
import { type Pulsed, PulseWheel } from './pulse.ts'
import type { PushLimits } from './push-limits.ts'
import { UserFeeds } from './user-feeds.ts'

/** A connection that can be asked to come back. */
export interface PushConnection extends Pulsed {
  /** The client is to close and to come back at once. */
  recycle(): void
}

/**
 * What the push transports of a manager share: the feeds, one timer, and the count of who is connected. Mounts that are
 * given the same one read each log once for all of them.
 */
export class PushHub {
  readonly feeds: LogFeeds
  readonly users: UserFeeds
  readonly clock: Clock
  readonly limits: PushLimits
  readonly report: (error: unknown) => void
  readonly #manager: Pick<RoutedManager, 'openConnection'>
  readonly #wheel: PulseWheel
  readonly #connections: Set<PushConnection> = new Set()
  readonly #perUser: Map<string, number> = new Map()
  #isClosed = false

  constructor(options: {
    manager: Pick<RoutedManager, 'get' | 'list' | 'read' | 'watch' | 'watchUser' | 'openConnection' | 'on'>
    clock: Clock
    limits: PushLimits
    report(error: unknown): void
  }) {
    const { manager, clock, limits } = options
    this.feeds = new LogFeeds({ manager, clock, batchMs: limits.batchMs })
    this.users = new UserFeeds({ manager, clock, report: options.report })
    this.clock = clock
    this.limits = limits
    this.report = options.report
    this.#manager = manager
    this.#wheel = new PulseWheel(clock, limits.heartbeatMs)
    manager.on('closed', () => {
      this.#isClosed = true
      for (const connection of [...this.#connections]) connection.recycle()
    })
  }

  /** The manager has closed: whoever comes now should go elsewhere. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Open connections. */
  get size(): number {
    return this.#connections.size
  }

  /**
   * Counts a connection of a user. Answers how it leaves; called once.
   *
   * @throws TaskError `rate_limited` when there are too many
   */
  enter(userId: string): () => void {
    const count = this.#perUser.get(userId) ?? 0
    if (count >= this.limits.maxWatchersPerUser) {
      throw new TaskError('rate_limited', 'You have too many open connections. Close some and come back.', {
        retryAfter: 5,
      })
    }
    this.#perUser.set(userId, count + 1)
    const close = this.#manager.openConnection(userId)
    return () => {
      close()
      const left = (this.#perUser.get(userId) ?? 1) - 1
      if (left === 0) this.#perUser.delete(userId)
      else this.#perUser.set(userId, left)
    }
  }

  add(connection: PushConnection): void {
    this.#connections.add(connection)
    this.#wheel.add(connection)
  }

  remove(connection: PushConnection): void {
    this.#connections.delete(connection)
    this.#wheel.remove(connection)
  }
}
