import type { Clock } from '../../clock.ts'
import { isFinalStatus, type TaskStatus } from '../../protocol/index.ts'
import type { TaskRecord } from '../../store/index.ts'
import type { RoutedManager } from '../handler-options.ts'
import { toTaskInfo } from '../to-task-info.ts'
import { Frame } from './frame.ts'
import { taskState } from './task-state.ts'

/** Receives what becomes of a user's tasks. */
export interface UserWatcher {
  send(frame: Frame): void
}

/** What a user's feed stands on. */
export interface UserFeedOptions {
  manager: Pick<RoutedManager, 'list' | 'get' | 'watchUser'>
  clock: Clock
  report(error: unknown): void
  /** Nobody watches the user any more. */
  onIdle(userId: string): void
}

const active: readonly TaskStatus[] = ['pending', 'running', 'cancel_requested']

/** Tasks that a look reads at a time, and how many times at most. */
const pageSize = 50
const maxPages = 20

/**
 * Tells all watchers of a user which tasks are created and what becomes of them. It compares what the store lists with
 * what it listed before, so a hint that is lost costs time and nothing else.
 */
export class UserFeed {
  readonly #userId: string
  readonly #options: UserFeedOptions
  readonly #live: Set<UserWatcher> = new Set()
  /** Are sent the active tasks by the next look. */
  readonly #joining: Set<UserWatcher> = new Set()
  /** The state of each task that is active or among the newest; `null` before the first look. */
  #known: Map<string, { state: string; isActive: boolean }> | null = null
  /** A task that is not newer has been there all along; others before it in the list were deleted. */
  #newerThan = Number.NEGATIVE_INFINITY
  #unwatch: (() => void) | null = null
  #isLooking = false
  #lookAgain = false

  constructor(userId: string, options: UserFeedOptions) {
    this.#userId = userId
    this.#options = options
  }

  attach(watcher: UserWatcher): void {
    this.#joining.add(watcher)
    this.#unwatch ??= this.#options.manager.watchUser(this.#userId, () => this.look())
    this.look()
  }

  detach(watcher: UserWatcher): void {
    const wasHere = this.#live.delete(watcher) || this.#joining.delete(watcher)
    if (!wasHere || !this.#isIdle) return
    this.#unwatch?.()
    this.#unwatch = null
    // A look that goes on is that of whoever comes next: one who comes and goes all the time makes no more than one.
    if (!this.#isLooking) this.#options.onIdle(this.#userId)
  }

  /** There may be news. A call while a look goes on makes it look once more. */
  look(): void {
    this.#lookAgain = true
    if (this.#isLooking) return
    this.#isLooking = true
    this.#lookOn()
      // Everybody stays; the next hint, or the next look without one, tries again.
      .catch((error: unknown) => this.#options.report(error))
      .finally(() => {
        this.#isLooking = false
        if (this.#isIdle) this.#options.onIdle(this.#userId)
        else if (this.#lookAgain) this.look()
      })
  }

  get #isIdle(): boolean {
    return this.#live.size === 0 && this.#joining.size === 0
  }

  async #lookOn(): Promise<void> {
    while (this.#lookAgain && !this.#isIdle) {
      this.#lookAgain = false
      const joining = [...this.#joining]
      // In this order: what is created in between is active, or was seen.
      const newest = await this.#newest()
      const running = await this.#list(active, () => true)
      const tasks = new Map([...newest, ...running].map((task) => [task.id, task]))
      await this.#addEnded(tasks)
      this.#tell(tasks, joining)
      const oldest = newest.length < pageSize ? undefined : newest.at(-1)?.createdAt
      if (oldest !== undefined) this.#newerThan = Math.max(this.#newerThan, oldest)
    }
  }

  /** The newest tasks, back to one that is known. */
  #newest(): Promise<TaskRecord[]> {
    const known = this.#known
    return this.#list(null, (last) => known !== null && !known.has(last.id) && this.#isNew(last))
  }

  #isNew({ createdAt }: TaskRecord): boolean {
    return createdAt > this.#newerThan
  }

  async #list(
    status: readonly TaskStatus[] | null,
    goesOn: (last: TaskRecord) => boolean,
  ): Promise<TaskRecord[]> {
    const found: TaskRecord[] = []
    let cursor: string | null = null
    for (let page = 0; page < maxPages; page++) {
      const { tasks, nextCursor } = await this.#options.manager.list({
        userId: this.#userId,
        limit: pageSize,
        ...(status !== null && { status }),
        ...(cursor !== null && { cursor }),
      })
      found.push(...tasks)
      const last = tasks.at(-1)
      if (nextCursor === null || last === undefined || !goesOn(last)) break
      cursor = nextCursor
    }
    return found
  }

  /** Those that were active and are listed no more: they have ended, unless they are gone altogether. */
  async #addEnded(tasks: Map<string, TaskRecord>): Promise<void> {
    for (const [id, { isActive }] of this.#known ?? []) {
      if (!isActive || tasks.has(id)) continue
      const task = await this.#options.manager.get(id)
      if (task !== null) tasks.set(id, task)
    }
  }

  #tell(tasks: ReadonlyMap<string, TaskRecord>, joining: readonly UserWatcher[]): void {
    const before = this.#known
    const known: typeof before = new Map()
    for (const [id, task] of tasks) {
      const state = taskState(task)
      const isActive = !isFinalStatus(task.status)
      known.set(id, { state, isActive })
      const last = before?.get(id)
      const isTold = before === null || last?.state === state
      // An ended task that comes into view when newer ones are deleted is nothing new.
      const isNews = !isTold && (last !== undefined || isActive || this.#isNew(task))
      const joiners = isActive ? joining.filter((watcher) => this.#joining.has(watcher)) : []
      if (isNews && this.#live.size > 0) {
        this.#send(this.#live, task, last === undefined ? 'created' : 'status')
      }
      if (joiners.length > 0) this.#send(joiners, task, 'status')
    }
    this.#known = known
    for (const watcher of joining) if (this.#joining.delete(watcher)) this.#live.add(watcher)
  }

  #send(watchers: Iterable<UserWatcher>, task: TaskRecord, type: 'created' | 'status'): void {
    const json = JSON.stringify(toTaskInfo(task, this.#options.clock.now()))
    const frame = new Frame(task.id, task.epoch, { type, task: json })
    for (const watcher of watchers) watcher.send(frame)
  }
}
