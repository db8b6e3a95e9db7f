import type { Clock } from '../../clock.ts'
import { TaskError } from '../../errors.ts'
import type { RoutedManager } from '../handler-options.ts'
import { LogFeeds } from './log-feeds.ts'
import { type Pulsed, PulseWheel } from './pulse.ts'
import type { PushLimits } from './push-limits.ts'
import { restartPause } from './restart-pause.ts'
import { UserFeeds } from './user-feeds.ts'

/** A connection that can be asked to come back. */
export interface PushConnection extends Pulsed {
  /**
   * The client is to close and to come back: at once, so that a load balancer can spread it anew, or after so many
   * milliseconds, because the server goes.
   */
  recycle(afterMs?: number): void
}

interface UserConnections {
  connections: number
  /** Requests that wait for news. */
  waits: number
  closePresence: (() => void) | null
  /** Takes one of the connections away. */
  readonly leave: () => void
  /** Takes one of the waits away. */
  readonly endWait: () => void
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
  /** Holds every open connection. */
  readonly #wheel: PulseWheel<PushConnection>
  readonly #users: Map<string, UserConnections> = new Map()
  #isClosed = false

  constructor(options: {
    manager: Pick<
      RoutedManager,
      'isAlone' | 'get' | 'list' | 'read' | 'watch' | 'watchUser' | 'openConnection' | 'on'
    >
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
      const connections = this.#wheel.members()
      for (const [place, connection] of connections.entries()) {
        connection.recycle(restartPause(place, connections.length))
      }
    })
  }

  /** The manager has closed: whoever comes now should go elsewhere. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Open connections. */
  get size(): number {
    return this.#wheel.size
  }

  /**
   * Counts a connection of a user, which the manager is told of. Answers how it leaves; called once.
   *
   * @throws TaskError `rate_limited` when there are too many
   */
  enter(userId: string): () => void {
    const user = this.#admit(userId)
    // To the manager, all connections of a user are one.
    if (user.connections === 0) user.closePresence = this.#manager.openConnection(userId)
    user.connections++
    return user.leave
  }

  /**
   * Counts a request that waits for news. It is no connection: between two polls the user would seem to be gone.
   *
   * @throws TaskError `rate_limited` when there are too many
   */
  wait(userId: string): () => void {
    const user = this.#admit(userId)
    user.waits++
    return user.endWait
  }

  #admit(userId: string): UserConnections {
    const known = this.#users.get(userId)
    const count = known === undefined ? 0 : known.connections + known.waits
    if (count < this.limits.maxWatchersPerUser) return known ?? this.#meet(userId)
    throw new TaskError('rate_limited', 'You have too many open connections. Close some and come back.', {
      retryAfter: 5,
    })
  }

  #meet(userId: string): UserConnections {
    const forgetIdle = (): void => {
      if (user.connections + user.waits === 0) this.#users.delete(userId)
    }
    const user: UserConnections = {
      connections: 0,
      waits: 0,
      closePresence: null,
      leave: () => {
        user.connections--
        if (user.connections === 0) user.closePresence?.()
        forgetIdle()
      },
      endWait: () => {
        user.waits--
        forgetIdle()
      },
    }
    this.#users.set(userId, user)
    return user
  }

  add(connection: PushConnection): void {
    this.#wheel.add(connection)
  }

  remove(connection: PushConnection): void {
    this.#wheel.remove(connection)
  }
}
