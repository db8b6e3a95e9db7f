import type { RoutedManager } from '../handler-options.ts'
import { UserFeed, type UserFeedOptions, type UserWatcher } from './user-feed.ts'

/** The feeds of all users whose tasks are watched through this process. */
export class UserFeeds {
  readonly #options: UserFeedOptions
  readonly #feeds: Map<string, UserFeed> = new Map()

  constructor(
    options: Omit<UserFeedOptions, 'onIdle' | 'manager'> & {
      manager: UserFeedOptions['manager'] & Pick<RoutedManager, 'on'>
    },
  ) {
    this.#options = { ...options, onIdle: (userId) => this.#feeds.delete(userId) }
    // Hints tell of tasks that come and go; what begins to run or is asked to stop here is told by the manager.
    options.manager.on('status', ({ userId }) => this.#feeds.get(userId)?.look())
  }

  /** Sends a watcher the active tasks of a user, and then what becomes of all of them. Answers how to leave. */
  attach(userId: string, watcher: UserWatcher): () => void {
    let feed = this.#feeds.get(userId)
    if (feed === undefined) {
      feed = new UserFeed(userId, this.#options)
      this.#feeds.set(userId, feed)
    }
    feed.attach(watcher)
    const joined = feed
    return () => joined.detach(watcher)
  }
}
