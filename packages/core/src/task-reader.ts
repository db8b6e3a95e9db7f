import { askStore } from './ask-store.ts'
import { type ChangeOutcome, watchForChange } from './change-watch.ts'
import type { Clock } from './clock.ts'
import { defaults } from './defaults.ts'
import { TaskError } from './errors.ts'
import type { CurrentState } from './log/index.ts'
import type { EventQuery, ReadPage, TaskNotifier, TaskRecord, TaskStore } from './store/index.ts'
import type { ListQuery } from './task-manager-options.ts'
import { TaskWatch } from './task-watch.ts'

/** How much rarer readers look by themselves where no hint can be lost. */
const looksWithCompleteHints = 10

/** What reading stands on. */
export interface TaskReaderOptions {
  store: TaskStore
  /** The state of a task of this process, for a reader that it spares a long way; `null` for any other. */
  currentState(taskId: string, query: EventQuery): CurrentState | null
  notifier: TaskNotifier
  clock: Clock
  /** Milliseconds after which a reader looks although no hint has come. */
  recheckMs: number
  /** Every change is announced through this notifier, and none of its hints is lost. */
  hintsAreComplete: boolean
}

/** Reads tasks and their logs for a manager, waits for their changes, and tells of news. */
export class TaskReader {
  readonly #store: TaskStore
  readonly #currentState: TaskReaderOptions['currentState']
  readonly #clock: Clock
  readonly #watch: TaskWatch
  /** Called when reading ends: a closing server must not hold the connections of those who wait. */
  readonly #waiting: Set<() => void> = new Set()
  #isClosed = false

  constructor({ store, currentState, notifier, clock, recheckMs, hintsAreComplete }: TaskReaderOptions) {
    this.#store = store
    this.#currentState = currentState
    this.#clock = clock
    // The looks are for what is announced by none, such as a place in the queue.
    const factor = hintsAreComplete ? looksWithCompleteHints : 1
    this.#watch = new TaskWatch({ notifier, clock, recheckMs: recheckMs * factor })
  }

  /** How many wait for a change. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** @throws TaskError `store_unavailable` */
  get(taskId: string): Promise<TaskRecord | null> {
    return askStore(() => this.#store.getTask(taskId))
  }

  /** @throws TaskError `store_unavailable` */
  list(query: ListQuery): Promise<{ tasks: readonly TaskRecord[]; nextCursor: string | null }> {
    const { userId, workspaceId, conversationId, status, limit = defaults.listLimit, cursor } = query
    return askStore(() =>
      this.#store.listTasks({
        userId,
        limit,
        ...(workspaceId !== undefined && { workspaceId }),
        ...(conversationId !== undefined && { conversationId }),
        ...(status !== undefined && { status }),
        ...(cursor !== undefined && { cursor }),
      }),
    )
  }

  /** @throws TaskError `invalid_cursor`, `store_unavailable` */
  read(taskId: string, query: Partial<EventQuery>): Promise<ReadPage | null> {
    const everything = Number.MAX_SAFE_INTEGER
    const from: unknown = query.from ?? 0
    if (!(Number.isSafeInteger(from) && (from as number) >= 0)) {
      const sentence =
        '`from` is a whole number of at least 0; begin at 0, then go on from where the last page ended.'
      return Promise.reject(new TaskError('invalid_cursor', sentence))
    }
    const whole = { from: 0, limit: everything, maxBytes: everything, ...query }
    const current = this.#currentState(taskId, whole)
    return askStore(() =>
      current === null ? this.#store.readEvents(taskId, whole) : this.#readBehind(current, taskId, whole),
    )
  }

  /** What runs here has its state at hand: the store need not look for a snapshot, nor the reader fold a long tail. */
  async #readBehind(
    { epoch, snapshot }: CurrentState,
    taskId: string,
    query: EventQuery,
  ): Promise<ReadPage | null> {
    const page = await this.#store.readEvents(taskId, { ...query, from: snapshot.at, folds: [] })
    const follows = page?.task.epoch === epoch && page.from === snapshot.at
    // Otherwise the log was trimmed further in between, or begun anew.
    return follows ? { ...page, snapshot } : this.#store.readEvents(taskId, query)
  }

  /** Waits until the task's revision is no longer `revision`, or the task is gone; `aborted` also when reading ends. */
  waitForChange(
    taskId: string,
    query: { revision: number; waitMs: number; signal?: AbortSignal | undefined },
  ): Promise<ChangeOutcome> {
    if (this.#isClosed) return Promise.resolve('aborted')
    const isChanged = async (): Promise<boolean> => (await this.get(taskId))?.revision !== query.revision
    return watchForChange(isChanged, {
      watch: (onNews) => this.watch(taskId, onNews),
      clock: this.#clock,
      waitMs: query.waitMs,
      signal: query.signal,
      onClose: this.#waiting,
    })
  }

  /** Calls `onNews` soon, and then whenever the task or its log may have changed. Answers how to stop. */
  watch(taskId: string, onNews: () => void): () => void {
    return this.#watch.watch(`log:${taskId}`, onNews)
  }

  /** The same for a user's list of tasks. */
  watchUser(userId: string, onNews: () => void): () => void {
    return this.#watch.watch(`user:${userId}`, onNews)
  }

  /** Lets everybody go who waits for a change; from now on nobody waits. */
  letGo(): void {
    this.#isClosed = true
    for (const letGo of [...this.#waiting]) letGo()
  }

  /** Forgets everybody who watches. */
  close(): void {
    this.#watch.close()
  }
}
