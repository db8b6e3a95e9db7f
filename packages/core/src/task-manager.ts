import { nanoid } from 'nanoid'
import { blockFold, type Fold } from './blocks/index.ts'
import { type ChangeOutcome, watchForChange } from './change-watch.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { defaults } from './defaults.ts'
import type { AnyTaskDefinition } from './define-task.ts'
import { localDispatcher } from './dispatchers/local.ts'
import { TaskError } from './errors.ts'
import { Lifecycle, type LifecycleEvents, type LifecycleListener } from './lifecycle.ts'
import { resolveLimits, type TaskLimits } from './limits.ts'
import { type CancelOutcome, isFinalStatus, type TaskStatus } from './protocol/index.ts'
import { StopFlags, TaskLeases, TaskRunner } from './run/index.ts'
import type {
  EventQuery,
  ReadPage,
  TaskDispatcher,
  TaskNotifier,
  TaskRecord,
  TaskStore,
} from './store/index.ts'
import { type ErrorReporter, warnOfError } from './store-retry.ts'
import { localNotifier } from './stores/local-notifier.ts'
import { memoryStore } from './stores/memory/index.ts'
import { type CreateRequest, makeTaskDraft } from './task-draft.ts'

/** What a manager is made of. */
export interface TaskManagerOptions {
  /** The types of tasks that this manager creates and runs. */
  tasks: readonly AnyTaskDefinition[]
  /** Where tasks and logs live. Default: the memory of this process. A store that is given is not closed with the manager. */
  store?: TaskStore
  /** Carries hints between processes. Default: this process only. */
  notifier?: TaskNotifier
  /** Decides when a task runs here. Default: a queue in this process. */
  dispatcher?: TaskDispatcher
  /** Tasks that run at a time with the default dispatcher. Default 4. */
  concurrency?: number
  /** Folds old events into snapshots. Default `blockFold`; `null`: old events are lost, and readers are told so. */
  fold?: Fold | null
  /** Bounds and times; see `defaults.ts`. */
  limits?: Partial<TaskLimits>
  /** Takes failures that no caller is there to catch. Default: a process warning. */
  onError?: ErrorReporter
  clock?: Clock
}

/** Answer to a request to cancel. */
export interface CancelResult {
  outcome: CancelOutcome
  status: TaskStatus
}

/** A task as its creator holds it. */
export interface TaskHandle {
  readonly id: string
  /** `repeated`: the idempotency key had already created this task. */
  readonly outcome: 'created' | 'attached' | 'repeated'
  /** The record at the time of the create. */
  readonly task: TaskRecord
  /** Resolves with the final record; rejects when the task was deleted or the signal fires. */
  finished(options?: { signal?: AbortSignal }): Promise<TaskRecord>
  cancel(options?: { reason?: string; actor?: string }): Promise<CancelResult>
}

/** Which tasks to list. */
export interface ListQuery {
  userId: string
  workspaceId?: string
  conversationId?: string
  status?: readonly TaskStatus[]
  /** Default 50. */
  limit?: number
  cursor?: string
}

/** Pause between two looks of a wait that has no end of its own. */
const longWaitMs = 60_000

/**
 * Creates tasks, runs them, and gives out their logs.
 *
 * @example
 * ```ts
 * const manager = new TaskManager({ tasks: [resize] })
 * const task = await manager.create({ userId: 'u1', input: { files: ['a.png'] } })
 * const { status, result } = await task.finished()
 * ```
 */
export class TaskManager {
  /** Registered types, by name. */
  readonly definitions: ReadonlyMap<string, AnyTaskDefinition>
  readonly #store: TaskStore
  readonly #ownsStore: boolean
  readonly #notifier: TaskNotifier
  readonly #dispatcher: TaskDispatcher
  readonly #clock: Clock
  readonly #limits: TaskLimits
  readonly #onError: ErrorReporter
  readonly #lifecycle: Lifecycle
  readonly #flags: StopFlags = new StopFlags()
  readonly #runner: TaskRunner
  readonly #running: Map<string, Promise<unknown>> = new Map()
  /** Called when the manager closes: a closing server must not hold the connections of those who wait. */
  readonly #waiting: Set<() => void> = new Set()
  readonly #closed: AbortController = new AbortController()
  readonly #started: Promise<void>
  #closing: Promise<void> | null = null

  /** @throws TaskError `invalid_definition` */
  constructor(options: TaskManagerOptions) {
    this.definitions = byType(options.tasks)
    this.#onError = options.onError ?? warnOfError
    this.#store = options.store ?? memoryStore()
    this.#ownsStore = options.store === undefined
    this.#notifier = options.notifier ?? localNotifier({ onError: this.#onError })
    this.#clock = options.clock ?? systemClock
    this.#limits = resolveLimits(options.limits)
    this.#lifecycle = new Lifecycle(this.#onError)
    this.#dispatcher =
      options.dispatcher ??
      localDispatcher({
        concurrency: options.concurrency ?? defaults.concurrency,
        onError: (error, taskId) => this.#onError(error, { stage: 'dispatch', taskId }),
      })
    this.#runner = new TaskRunner({
      store: this.#store,
      clock: this.#clock,
      definitions: this.definitions,
      flags: this.#flags,
      leases: new TaskLeases(this.#store, this.#clock, this.#limits, this.#onError),
      fold: options.fold === undefined ? (blockFold as Fold) : options.fold,
      limits: this.#limits,
      owner: nanoid(),
      newId: nanoid,
      onError: this.#onError,
      closed: this.#closed.signal,
      listener: {
        onStarted: (task) => this.#lifecycle.emit('started', task),
        onEvents: (task, texts) => {
          this.#notifier.publish([`log:${task.id}`])
          if (this.#lifecycle.has('events')) this.#lifecycle.emit('events', task.id, texts)
        },
        onEnded: (task, promoted) => this.#ended(task.id, promoted),
      },
    })
    this.#started = this.#dispatcher.start((taskId) => this.#run(taskId))
    this.#started.catch((error: unknown) => this.#onError(error, { stage: 'dispatch' }))
  }

  /**
   * Listens to what happens to the tasks of this process.
   *
   * @returns ends the listening.
   */
  on<Name extends keyof LifecycleEvents>(name: Name, listener: LifecycleListener<Name>): () => void {
    return this.#lifecycle.on(name, listener)
  }

  /**
   * Creates a task and has it run. Resolves when it is stored: a read of it works from then on.
   *
   * @throws TaskError `invalid_input`, `unknown_task_type`, `task_already_running` (with `taskId`),
   * `idempotency_mismatch`, `queue_full`, `shutting_down`, `store_unavailable`
   */
  async create(request: CreateRequest): Promise<TaskHandle> {
    if (this.#closing !== null) {
      throw new TaskError('shutting_down', 'This server is shutting down; try again in a moment.', {
        retryAfter: 1,
      })
    }
    const draft = await makeTaskDraft(this.#definition(request.type), request, (userId) =>
      this.#store.newTaskId(userId),
    )
    const answer = await this.#ask(() => this.#store.createTask(draft, { policy: 'reject' }))
    switch (answer.outcome) {
      case 'created':
        this.#notifier.publish([`user:${draft.userId}`, `work:${draft.type}`])
        this.#lifecycle.emit('created', answer.task)
        await this.#dispatch(answer.task)
        return this.#handle('created', answer.task)
      case 'attached':
        return this.#handle('attached', answer.task)
      case 'same_key':
        if (answer.task !== null) return this.#handle('repeated', answer.task)
        throw new TaskError('task_not_found', 'The task that this idempotency key created has been deleted.')
      case 'conflict':
        throw new TaskError(
          'task_already_running',
          'A task is already running here; follow it, or cancel it and try again.',
          { taskId: answer.task.id },
        )
      case 'key_mismatch':
        throw new TaskError(
          'idempotency_mismatch',
          'This idempotency key was used with another input; use a new key for a new task.',
        )
      case 'queue_full':
        throw new TaskError('queue_full', 'Too many tasks are waiting here; try again later.', {
          retryAfter: 5,
        })
    }
  }

  /** The record of a task; `null` when there is none. Whose it is, is the caller's to check. */
  get(taskId: string): Promise<TaskRecord | null> {
    return this.#ask(() => this.#store.getTask(taskId))
  }

  /** A user's tasks, newest first. */
  list(query: ListQuery): Promise<{ tasks: readonly TaskRecord[]; nextCursor: string | null }> {
    return this.#ask(() => this.#store.listTasks({ ...query, limit: query.limit ?? defaults.listLimit }))
  }

  /** Events from a cursor on, with the record they belong to, as one consistent view; `null` for an unknown task. */
  read(taskId: string, query: Partial<EventQuery> = {}): Promise<ReadPage | null> {
    const everything = Number.MAX_SAFE_INTEGER
    return this.#ask(() =>
      this.#store.readEvents(taskId, { from: 0, limit: everything, maxBytes: everything, ...query }),
    )
  }

  /** Waits until the task's revision is no longer `revision`, or the task is gone; `aborted` also when the manager closes. */
  waitForChange(
    taskId: string,
    query: { revision: number; waitMs: number; signal?: AbortSignal | undefined },
  ): Promise<ChangeOutcome> {
    if (this.#closed.signal.aborted) return Promise.resolve('aborted')
    const isChanged = async (): Promise<boolean> => (await this.get(taskId))?.revision !== query.revision
    return watchForChange(taskId, isChanged, {
      notifier: this.#notifier,
      clock: this.#clock,
      waitMs: query.waitMs,
      recheckMs: this.#limits.stopCheckMs,
      signal: query.signal,
      onClose: this.#waiting,
    })
  }

  /**
   * Follows a log: `listener` is called with every page from the cursor on, the last one with a final status.
   *
   * @returns ends the following.
   */
  subscribe(taskId: string, query: { from?: number }, listener: (page: ReadPage) => void): () => void {
    const ended = new AbortController()
    this.#follow(taskId, query.from ?? 0, listener, ended.signal).catch((error: unknown) =>
      this.#onError(error, { stage: 'subscribe', taskId }),
    )
    return () => ended.abort()
  }

  /**
   * Asks for a stop: a stored request that reaches whoever runs the task, and that no restart forgets. A task that
   * nobody runs yet is ended at once.
   *
   * @throws TaskError `task_not_found`, `store_unavailable`
   */
  async cancel(
    taskId: string,
    request: { reason?: string | undefined; actor: string },
  ): Promise<CancelResult> {
    const reason = request.reason ?? 'canceled'
    const { actor } = request
    const answer = await this.#ask(() =>
      this.#store.signal(taskId, { kind: 'stop', key: 'stop', reason, actor }),
    )
    if (answer.outcome === 'not_found') throw new TaskError('task_not_found', 'There is no such task.')
    if (answer.outcome === 'accepted') {
      this.#lifecycle.emit('stop_requested', taskId, { reason, actor })
      this.#flags.raise(taskId, { reason, actor, at: this.#clock.now() / 1_000 })
      this.#notifier.publish([`signal:${taskId}`, `log:${taskId}`])
    }
    if (answer.outcome !== 'finished' && !answer.owned) await this.#finishStopped(taskId)
    const status = answer.status ?? (await this.get(taskId))?.status ?? 'cancel_requested'
    const outcomes = { accepted: 'requested', already: 'already_requested', finished: 'finished' } as const
    return { outcome: outcomes[answer.outcome], status }
  }

  /**
   * Closes the manager: takes no more tasks, lets the running ones end for `drainMs`, then stops the rest with the
   * reason `shutdown`. Calling it again waits for the first call.
   */
  close(options: { drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? defaults.drainMs)
    return this.#closing
  }

  async #close(drainMs: number): Promise<void> {
    await this.#dispatcher.stop()
    await this.#idle(drainMs)
    await Promise.all(Array.from(this.#running.keys(), (taskId) => this.#shutDown(taskId)))
    await this.#idle(this.#limits.runGraceMs * 2)
    this.#closed.abort()
    for (const letGo of [...this.#waiting]) letGo()
    this.#runner.abandonAll()
    await this.#notifier.close()
    if (this.#ownsStore) await this.#store.close()
  }

  async #shutDown(taskId: string): Promise<void> {
    try {
      await this.cancel(taskId, { reason: 'shutdown', actor: 'system' })
    } catch (error) {
      this.#onError(error, { stage: 'cancel', taskId })
    }
  }

  /** Resolves when nothing runs here any more, or after `ms`. */
  async #idle(ms: number): Promise<void> {
    const isIdle = new AbortController()
    const idle = Promise.allSettled(this.#running.values()).then(() => isIdle.abort())
    await Promise.race([idle, sleep(this.#clock, ms, isIdle.signal)])
  }

  #run(taskId: string): Promise<'ran' | 'not_mine'> {
    const run = this.#runner.run(taskId).finally(() => this.#running.delete(taskId))
    this.#running.set(taskId, run)
    return run
  }

  async #dispatch(task: TaskRecord): Promise<void> {
    await this.#started
    await this.#dispatcher.dispatch({
      taskId: task.id,
      type: task.type,
      attempt: task.attempt + 1,
      priority: 0,
    })
  }

  /** A stopped task without an owner is ended by whoever stopped it. */
  async #finishStopped(taskId: string): Promise<void> {
    await this.#dispatcher.withdraw(taskId)
    await this.#runner.finish(taskId)
  }

  async #ended(taskId: string, promoted: string | undefined): Promise<void> {
    try {
      const task = await this.get(taskId)
      if (task !== null) {
        this.#notifier.publish([`user:${task.userId}`])
        this.#lifecycle.emit('finished', task)
      }
      const next = promoted === undefined ? null : await this.get(promoted)
      if (next !== null) await this.#dispatch(next)
    } catch (error) {
      this.#onError(error, { stage: 'dispatch', taskId })
    }
  }

  #definition(type: string | undefined): AnyTaskDefinition {
    if (type === undefined && this.definitions.size === 1) {
      for (const definition of this.definitions.values()) return definition
    }
    const definition = type === undefined ? undefined : this.definitions.get(type)
    if (definition !== undefined) return definition
    const known = [...this.definitions.keys()].join(', ')
    throw new TaskError(
      'unknown_task_type',
      type === undefined
        ? `Say which type of task: ${known}.`
        : `There is no task type "${type}"; known are: ${known}.`,
    )
  }

  #handle(outcome: TaskHandle['outcome'], task: TaskRecord): TaskHandle {
    return {
      id: task.id,
      outcome,
      task,
      finished: (options = {}) => this.#finished(task.id, options.signal),
      cancel: ({ reason, actor = task.userId } = {}) => this.cancel(task.id, { reason, actor }),
    }
  }

  async #finished(taskId: string, signal: AbortSignal | undefined): Promise<TaskRecord> {
    for (;;) {
      const task = await this.get(taskId)
      if (task === null) throw new TaskError('task_not_found', 'The task was deleted.')
      if (isFinalStatus(task.status)) return task
      await this.waitForChange(taskId, { revision: task.revision, waitMs: longWaitMs, signal })
      signal?.throwIfAborted()
      if (this.#closed.signal.aborted) {
        throw new TaskError('shutting_down', 'The manager was closed before the task ended.')
      }
    }
  }

  async #follow(
    taskId: string,
    from: number,
    listener: (page: ReadPage) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let cursor = from
    for (;;) {
      const page = await this.read(taskId, { from: cursor })
      if (page === null) throw new TaskError('task_not_found', 'There is no such task.')
      if (signal.aborted) return
      const isLast = isFinalStatus(page.task.status)
      if (page.events.length > 0 || isLast) listener(page)
      if (isLast) return
      cursor = page.from + page.events.length
      const change = { revision: page.task.revision, waitMs: longWaitMs, signal }
      if ((await this.waitForChange(taskId, change)) === 'aborted') return
    }
  }

  /** A throw of the store that is not an answer of ours means that it is away. */
  async #ask<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    try {
      return await call()
    } catch (cause) {
      if (TaskError.is(cause)) throw cause
      throw new TaskError('store_unavailable', 'The task store does not answer; try again in a moment.', {
        cause,
        retryAfter: 1,
      })
    }
  }
}

function byType(definitions: readonly AnyTaskDefinition[]): ReadonlyMap<string, AnyTaskDefinition> {
  const byName = new Map<string, AnyTaskDefinition>()
  for (const definition of definitions) {
    if (byName.has(definition.type)) {
      throw new TaskError('invalid_definition', `Two definitions are named "${definition.type}".`)
    }
    byName.set(definition.type, definition)
  }
  if (byName.size === 0)
    throw new TaskError('invalid_definition', 'A manager needs at least one task definition.')
  return byName
}
