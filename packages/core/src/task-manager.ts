import { nanoid } from 'nanoid'
import { blockFold, type Fold } from './blocks/index.ts'
import { type ChangeOutcome, watchForChange } from './change-watch.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { defaults } from './defaults.ts'
import type { AnyTaskDefinition } from './define-task.ts'
import { byType, conflictRule, findDefinition } from './definitions.ts'
import { localDispatcher } from './dispatchers/local.ts'
import { TaskError } from './errors.ts'
import { followLog, untilFinished } from './follow-log.ts'
import { Lifecycle, type LifecycleEvents, type LifecycleListener } from './lifecycle.ts'
import { resolveLimits, type TaskLimits } from './limits.ts'
import { type CancelOutcome, isFinalStatus, type TaskStatus } from './protocol/index.ts'
import { type RetentionOptions, RetentionSweep } from './retention-sweep.ts'
import { type SeenLease, StopFlags, TaskLeases, TaskRunner, WorkSweep } from './run/index.ts'
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
import type { CancelResult, ListQuery, TaskHandle, TaskManagerOptions } from './task-manager-options.ts'

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
  readonly #leases: TaskLeases
  readonly #runner: TaskRunner
  readonly #sweep: WorkSweep
  readonly #retention: RetentionSweep
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
    this.#leases = new TaskLeases(this.#store, this.#clock, this.#limits, this.#onError)
    this.#runner = new TaskRunner({
      store: this.#store,
      clock: this.#clock,
      definitions: this.definitions,
      flags: this.#flags,
      leases: this.#leases,
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
    this.#sweep = new WorkSweep({
      store: this.#store,
      clock: this.#clock,
      times: this.#limits,
      types: [...this.definitions.keys()],
      onError: this.#onError,
      actions: {
        dispatch: (taskId) => this.#dispatchById(taskId),
        adopt: (taskId, seen) => this.#adopt(taskId, seen),
        finish: (taskId) => this.#finishStopped(taskId),
      },
    })
    this.#retention = new RetentionSweep({
      store: this.#store,
      clock: this.#clock,
      retention: {
        keepMs: defaults.keepFinishedMs,
        everyMs: defaults.retentionSweepMs,
        ...options.retention,
      },
      onSwept: (count) => this.#lifecycle.emit('swept', count),
      onError: this.#onError,
    })
    this.#sweep.start()
    this.#retention.start()
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
    const definition = findDefinition(this.definitions, request.type)
    const draft = await makeTaskDraft(definition, request, {
      newTaskId: (userId) => this.#store.newTaskId(userId),
      now: this.#clock.now(),
    })
    const answer = await this.#ask(() => this.#store.createTask(draft, conflictRule(definition)))
    switch (answer.outcome) {
      case 'created':
        this.#notifier.publish([`user:${draft.userId}`, `work:${draft.type}`])
        this.#lifecycle.emit('created', answer.task)
        // One that is queued is dispatched when the task before it ends.
        if (answer.task.holdsSlot) await this.#dispatch(answer.task)
        else if (definition.onConflict === 'replace') await this.#stopReplaced()
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
    followLog(this, { taskId, from: query.from ?? 0, signal: ended.signal }, listener).catch(
      (error: unknown) => this.#onError(error, { stage: 'subscribe', taskId }),
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
    this.#sweep.stop()
    this.#retention.stop()
    await this.#idle(drainMs)
    await Promise.all(Array.from(this.#running.keys(), (taskId) => this.#shutDown(taskId)))
    await this.#idle(this.#limits.runGraceMs * 2)
    this.#closed.abort()
    for (const letGo of [...this.#waiting]) letGo()
    this.#runner.abandonAll()
    await this.#notifier.close()
    if (this.#ownsStore) await this.#store.close()
  }

  /** A task that may be tried again is given back for another process to go on with; any other is stopped. */
  async #shutDown(taskId: string): Promise<void> {
    if (this.#runner.release(taskId)) return
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
      priority: this.definitions.get(task.type)?.priority ?? 0,
    })
  }

  /** The store has stopped what was replaced; the runs here and the queued ones need not wait for the next check. */
  async #stopReplaced(): Promise<void> {
    await this.#leases.check()
    await this.#sweep.sweep()
  }

  async #dispatchById(taskId: string): Promise<void> {
    const task = await this.get(taskId)
    if (task !== null && !isFinalStatus(task.status)) await this.#dispatch(task)
  }

  async #adopt(taskId: string, seen: SeenLease): Promise<void> {
    const task = await this.get(taskId)
    if (task !== null) this.#lifecycle.emit('interrupted', task)
    if ((await this.#runner.adopt(taskId, seen)) === 'retry') await this.#dispatchById(taskId)
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

  #handle(outcome: TaskHandle['outcome'], task: TaskRecord): TaskHandle {
    return {
      id: task.id,
      outcome,
      task,
      finished: (options = {}) => untilFinished(this, task.id, options.signal),
      cancel: ({ reason, actor = task.userId } = {}) => this.cancel(task.id, { reason, actor }),
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
