import { TaskError } from '../../errors.ts'
import { isFinalStatus } from '../../protocol/index.ts'
import { SmallSet } from '../../small-set.ts'
import type { Json, ReadPage, TaskRecord } from '../../store/index.ts'
import { taskNotFound } from '../task-not-found.ts'
import type { Frame } from './frame.ts'
import type { FeedOptions } from './log-feeds.ts'
import { LogFrames } from './log-frames.ts'
import type { LogWatcher } from './log-watcher.ts'
import { pageQuery } from './page-query.ts'

/** Milliseconds after which a log whose events come by hand is looked at for what no event tells of. */
const lookMs = 1_000

/**
 * Follows one log for all its watchers: it is read once for all of them, and each piece of news is written out once.
 * A watcher first catches up by reads of its own; then it joins those that stand at the end.
 */
export class LogFeed {
  readonly #taskId: string
  readonly #options: FeedOptions
  readonly #frames: LogFrames
  readonly #attached: SmallSet<LogWatcher> = new SmallSet()
  /** Stand at `#next`. */
  readonly #live: SmallSet<LogWatcher> = new SmallSet()
  /** Have caught up with what they have read, which may be behind or ahead of `#next`. */
  readonly #joining: SmallSet<LogWatcher> = new SmallSet()
  #next = 0
  #epoch = ''
  #unwatch: (() => void) | null = null
  #isReading = false
  #readAgain = false
  #sentAt = Number.NEGATIVE_INFINITY
  #cancelBatch: (() => void) | null = null
  /** Events came by hand, and the hint of their commit is yet to come. */
  #isAheadOfHint = false
  #cancelLook: (() => void) | null = null

  constructor(taskId: string, options: FeedOptions) {
    this.#taskId = taskId
    this.#options = options
    this.#frames = new LogFrames(taskId, options.clock)
  }

  /** Sends a watcher what it does not have yet, of which `page` is the beginning, and then whatever comes. */
  attach(watcher: LogWatcher, page: ReadPage): void {
    this.#attached.add(watcher)
    this.#catchUp(watcher, page).catch((error: unknown) => this.#drop(watcher, error))
  }

  detach(watcher: LogWatcher): void {
    // Once only: the feed may be idle since, and another one may stand in its place.
    if (!this.#attached.delete(watcher)) return
    this.#live.delete(watcher)
    this.#joining.delete(watcher)
    if (this.#attached.size === 0) this.#close()
  }

  /**
   * Takes events that were committed in this process by hand: to read them again would cost more than to send them. What
   * is not simply the next part of the log is left to the reading, which the hint of the commit brings about.
   */
  committed(from: number, events: readonly Json[]): void {
    const isNext = from === this.#next && this.#live.size > 0 && this.#joining.size === 0
    if (!isNext || this.#isReading || this.#options.batchMs > 0 || endsLog(events)) {
      if (this.#options.manager.isAlone) this.changed()
      return
    }
    const frame = this.#frames.frame(this.#epoch, { type: 'events', from, events, reach: 'tail' })
    this.#next = from + events.length
    if (this.#options.manager.isAlone) this.#lookLater()
    else this.#isAheadOfHint = true
    for (const watcher of this.#live) {
      watcher.cursor = this.#next
      watcher.send(frame)
    }
  }

  /** Something other than the next events has changed in this process. */
  changed(): void {
    if (!this.#isIdle) this.#advance()
  }

  /** There may be news. Those of a commit that came by hand can wait, for they are of what no event tells. */
  #look(): void {
    if (!this.#isAheadOfHint) {
      this.#advance()
      return
    }
    this.#isAheadOfHint = false
    this.#lookLater()
  }

  #lookLater(): void {
    this.#cancelLook ??= this.#options.clock.schedule(() => {
      this.#cancelLook = null
      this.#advance()
    }, lookMs)
  }

  async #catchUp(watcher: LogWatcher, first: ReadPage): Promise<void> {
    let page: ReadPage | null = first
    while (!watcher.isClosed) {
      if (page === null) throw taskNotFound()
      const { task } = page
      if (isVoid(watcher, task)) {
        this.#frames.reset(watcher, task)
        watcher.cursor = 0
      } else {
        this.#frames.deliver(watcher, page)
        if (watcher.cursor >= task.nextIdx) {
          this.#caughtUp(watcher, task)
          return
        }
      }
      await watcher.drained()
      if (!watcher.isClosed) page = await this.#read(watcher.cursor, watcher.folds)
    }
  }

  #caughtUp(watcher: LogWatcher, task: TaskRecord): void {
    // What it was sent may have been the end of it.
    if (!this.#attached.has(watcher)) return
    if (isFinalStatus(task.status)) {
      this.#finish([watcher], task)
      return
    }
    if (this.#isIdle) this.#epoch = task.epoch
    this.#joining.add(watcher)
    watcher.onCaughtUp()
    this.#noteQueue(task)
    // A manager that is alone tells of everything by itself.
    const { manager } = this.#options
    if (!manager.isAlone) this.#unwatch ??= manager.watch(this.#taskId, () => this.#look())
    this.#advance()
  }

  get #isIdle(): boolean {
    return this.#live.size === 0 && this.#joining.size === 0
  }

  /** Takes all watchers to the end of the log. A call while that goes on makes it look once more. */
  #advance(): void {
    this.#readAgain = true
    if (this.#isReading || this.#isBatching()) return
    this.#isReading = true
    this.#readOn()
      .catch((error: unknown) => {
        // The store is away: everybody stays where they are, and the next look goes on from there.
        if (!TaskError.is(error, 'store_unavailable')) this.#fail(error)
      })
      .finally(() => {
        this.#isReading = false
        if (this.#readAgain && !this.#isIdle && this.#cancelBatch === null) this.#advance()
      })
  }

  /** The first news goes out at once; what comes within `batchMs` of it is gathered. */
  #isBatching(): boolean {
    const { clock, batchMs } = this.#options
    if (batchMs === 0) return false
    if (this.#cancelBatch !== null) return true
    const left = this.#sentAt + batchMs - clock.now()
    if (left <= 0 || this.#joining.size > 0) return false
    this.#cancelBatch = clock.schedule(() => {
      this.#cancelBatch = null
      this.#advance()
    }, left)
    return true
  }

  async #readOn(): Promise<void> {
    while (this.#readAgain && !this.#isIdle) {
      this.#readAgain = false
      const joining = [...this.#joining]
      const from = joining.reduce(
        (least, { cursor }) => Math.min(least, cursor),
        this.#live.size > 0 ? this.#next : Number.POSITIVE_INFINITY,
      )
      const page = await this.#read(from, null)
      if (page === null) throw taskNotFound()
      // Trimmed in between, or begun anew: each watcher has to be given what it needs.
      if (page.task.epoch !== this.#epoch || page.from > from) {
        this.#scatter(page)
        return
      }
      this.#spread(page, joining)
      if (this.#next < page.task.nextIdx) this.#readAgain = true
    }
  }

  /** Sends a page to everybody, to each from where it stands; all of them stand at its end then. */
  #spread(page: ReadPage, joining: readonly LogWatcher[]): void {
    const { task, from, events } = page
    const end = from + events.length
    const framesByStart = new Map<number, Frame>()
    const sendFrom = (watcher: LogWatcher, start: number): void => {
      if (start >= end) return
      let frame = framesByStart.get(start)
      if (frame === undefined) {
        frame = this.#frames.events(task, start, events.slice(start - from))
        framesByStart.set(start, frame)
      }
      watcher.send(frame)
      watcher.cursor = end
    }
    const next = this.#next
    for (const watcher of this.#live) sendFrom(watcher, next)
    for (const watcher of joining) {
      // It may have gone, or have read further than this page reaches.
      if (!this.#joining.has(watcher) || watcher.cursor > end) continue
      sendFrom(watcher, watcher.cursor)
      if (this.#joining.delete(watcher)) this.#live.add(watcher)
    }
    this.#next = end
    this.#noteQueue(task)
    if (this.#joining.size > 0) this.#readAgain = true
    if (events.length > 0) this.#sentAt = this.#options.clock.now()
    this.#frames.tell(this.#live, task)
    if (end >= task.nextIdx && isFinalStatus(task.status)) this.#finish([...this.#live], task)
  }

  /** A place in the queue changes when other tasks start or end. */
  #noteQueue({ queuePosition }: TaskRecord): void {
    if (queuePosition === null) this.#options.queued.delete(this)
    else this.#options.queued.add(this)
  }

  #finish(watchers: readonly LogWatcher[], task: TaskRecord): void {
    const frame = this.#frames.frame(task.epoch, { type: 'end' })
    for (const watcher of watchers) {
      watcher.send(frame)
      this.detach(watcher)
      watcher.onEnd()
    }
  }

  /** Lets everybody catch up alone. */
  #scatter(page: ReadPage): void {
    const watchers = [...this.#live, ...this.#joining]
    this.#live.clear()
    this.#joining.clear()
    this.#epoch = page.task.epoch
    for (const watcher of watchers) {
      this.#read(watcher.cursor, watcher.folds)
        .then((own) => {
          if (own === null) throw taskNotFound()
          return this.#catchUp(watcher, own)
        })
        .catch((error: unknown) => this.#drop(watcher, error))
    }
  }

  #fail(error: unknown): void {
    for (const watcher of [...this.#live, ...this.#joining]) this.#drop(watcher, error)
  }

  #drop(watcher: LogWatcher, error: unknown): void {
    this.detach(watcher)
    watcher.onFailure(error)
  }

  #close(): void {
    this.#options.queued.delete(this)
    this.#unwatch?.()
    this.#unwatch = null
    this.#cancelBatch?.()
    this.#cancelBatch = null
    this.#cancelLook?.()
    this.#cancelLook = null
    this.#options.onIdle(this.#taskId)
  }

  #read(from: number, folds: readonly string[] | null): Promise<ReadPage | null> {
    return this.#options.manager.read(this.#taskId, pageQuery(from, folds))
  }
}

/** Whether the terminal event may be among them. It comes with a change of the status, which has to be read. */
function endsLog(events: readonly Json[]): boolean {
  return events.at(-1)?.includes('"type":"task_complete"') ?? true
}

/** Beyond the end, no log can have been read: the cursor is another log's, whatever epoch it names or none. */
function isVoid({ epoch, cursor }: LogWatcher, task: TaskRecord): boolean {
  return cursor > task.nextIdx || (epoch !== null && epoch !== task.epoch)
}
