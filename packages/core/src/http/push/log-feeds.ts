import type { Clock } from '../../clock.ts'
import type { ReadPage } from '../../store/index.ts'
import type { RoutedManager } from '../handler-options.ts'
import { LogFeed } from './log-feed.ts'
import type { LogWatcher } from './log-watcher.ts'

/** What a feed stands on. */
export interface FeedOptions {
  manager: Pick<RoutedManager, 'read' | 'watch' | 'on' | 'isAlone'>
  clock: Clock
  /** News within so many milliseconds of the last is gathered into one write; 0: each append goes out as it comes. */
  batchMs: number
  /** The feeds of tasks that wait in a queue. */
  queued: Set<LogFeed>
  /** Nobody watches the task any more. */
  onIdle(taskId: string): void
}

/** The feeds of all tasks that are watched through this process. */
export class LogFeeds {
  readonly #options: FeedOptions
  readonly #feeds: Map<string, LogFeed> = new Map()

  constructor(options: Omit<FeedOptions, 'onIdle' | 'queued'>) {
    const queued = new Set<LogFeed>()
    this.#options = { ...options, queued, onIdle: (taskId) => this.#feeds.delete(taskId) }
    const { manager } = options
    manager.on('events', (taskId, texts, from) => this.#feeds.get(taskId)?.committed(from, texts))
    manager.on('status', ({ id }) => {
      this.#feeds.get(id)?.changed()
      for (const feed of queued) feed.changed()
    })
  }

  /** Sends a watcher a task's log: what `page` holds, and what comes after it. */
  attach(taskId: string, watcher: LogWatcher, page: ReadPage): void {
    let feed = this.#feeds.get(taskId)
    if (feed === undefined) {
      feed = new LogFeed(taskId, this.#options)
      this.#feeds.set(taskId, feed)
    }
    feed.attach(watcher, page)
  }

  detach(taskId: string, watcher: LogWatcher): void {
    this.#feeds.get(taskId)?.detach(watcher)
  }
}
