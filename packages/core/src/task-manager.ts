import { askStore } from './ask-store.ts'
import { blockFold, type Fold } from './blocks/index.ts'
import type { ChangeOutcome } from './change-watch.ts'
import { checkNames } from './checked-numbers.ts'
import { type Clock, checkDuration, systemClock } from './clock.ts'
import { ConnectionPresence } from './connection-presence.ts'
import { createRefusal } from './create-refusal.ts'
import { defaults } from './defaults.ts'
import type { AnyTaskDefinition } from './define-task.ts'
import { byType, conflictRule, findDefinition } from './definitions.ts'
import { localDispatcher } from './dispatchers/local.ts'
import { TaskError } from './errors.ts'
import { followLog, untilFinished } from './follow-log.ts'
import { Lifecycle, type LifecycleEvents, type LifecycleListener } from './lifecycle.ts'
import { resolveLimits, type TaskLimits } from './limits.ts'
import type { ManagerStats } from './manager-stats.ts'
import { RetentionSweep, retentionOptions } from './retention-sweep.ts'
import type { StopFlags } from './run/index.ts'
import type {
  EventQuery,
  ReadPage,
  TaskDispatcher,
  TaskNotifier,
  TaskRecord,
  TaskStore,
} from './store/index.ts'
import { type ErrorReporter, guardedReporter, warnOfError } from './store-retry.ts'
import { localNotifier } from './stores/local-notifier.ts'
import { memoryStore } from './stores/memory/index.ts'
import { type CreateRequest, makeTaskDraft } from './task-draft.ts'
import {
  type CancelResult,
  type ListQuery,
  managerOptionNames,
  type TaskHandle,
  type TaskManagerOptions,
} from './task-manager-options.ts'
import { TaskReader } from './task-reader.ts'
import { TaskSignals } from './task-signals.ts'
import { TaskWorker } from './task-worker.ts'

/** What a stop says of itself when nobody said why. */
const defaultReason = 'canceled'

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
  readonly #worker: TaskWorker
  readonly #signals: TaskSignals
  readonly #retention: RetentionSweep
  readonly #presence: ConnectionPresence
  readonly #reader: TaskReader
  #closing: Promise<void> | null = null

  /** @throws TaskError `invalid_definition` */
  constructor(options: TaskManagerOptions) {
    this.definitions = byType((options as TaskManagerOptions | undefined)?.tasks)
    checkNames('option of a TaskManager', options, managerOptionNames)
    this.#onError = guardedReporter(options.onError ?? warnOfError)
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
    this.#worker = new TaskWorker({
      store: this.#store,
      notifier: this.#notifier,
      dispatcher: this.#dispatcher,
      clock: this.#clock,
      limits: this.#limits,
      definitions: this.definitions,
      fold: options.fold === undefined ? (blockFold as Fold) : options.fold,
      lifecycle: this.#lifecycle,
      onError: this.#onError,
    })
    this.#signals = new TaskSignals({
      store: this.#store,
      notifier: this.#notifier,
      clock: this.#clock,
      worker: this.#worker,
      lifecycle: this.#lifecycle,
      maxEventBytes: this.#limits.maxEventBytes,
      onError: this.#onError,
    })
    this.#retention = new RetentionSweep({
      store: this.#store,
      clock: this.#clock,
      retention: retentionOptions(options.retention),
      onSwept: (count) => this.#lifecycle.emit('swept', count),
      onError: this.#onError,
    })
    this.#presence = new ConnectionPresence({
      clock: this.#clock,
      graceMs: this.#limits.reconnectGraceMs,
      onGone: (userId) => void this.#disconnected(userId),
    })
    this.#reader = new TaskReader({
      store: this.#store,
      currentState: (taskId, query) => this.#worker.currentState(taskId, query),
      notifier: this.#notifier,
      clock: this.#clock,
      recheckMs: this.#limits.stopCheckMs,
      // Nobody else writes to a store of its own, and this process misses nothing that it says to itself.
      hintsAreComplete: this.#ownsStore && options.notifier === undefined,
    })
    this.#retention.start()
  }

  /** Whether nobody else can change the tasks: their store is this manager's own, in the memory of this process. */
  get isAlone(): boolean {
    return this.#ownsStore
  }

  /** The stop flags of the tasks that run in this process: for code that is not given the runner's signal. */
  get stopFlags(): StopFlags {
    return this.#worker.stopFlags
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
    const answer = await askStore(() => this.#store.createTask(draft, conflictRule(definition)))
    switch (answer.outcome) {
      case 'created':
        this.#notifier.publish([`user:${draft.userId}`, `work:${draft.type}`])
        this.#lifecycle.emit('created', answer.task)
        // One that is queued is dispatched when the task before it ends.
        if (answer.task.holdsSlot) await this.#worker.dispatch(answer.task)
        else if (definition.onConflict === 'replace') await this.#worker.finishReplaced()
        return this.#handle('created', answer.task)
      case 'attached':
        return this.#handle('attached', answer.task)
      case 'same_key':
        if (answer.task === null) throw createRefusal(answer)
        return this.#handle('repeated', answer.task)
      default:
        throw createRefusal(answer)
    }
  }

  /** The record of a task; `null` when there is none. Whose it is, is the caller's to check. */
  get(taskId: string): Promise<TaskRecord | null> {
    return this.#reader.get(taskId)
  }

  /** A user's tasks, newest first. */
  list(query: ListQuery): Promise<{ tasks: readonly TaskRecord[]; nextCursor: string | null }> {
    return this.#reader.list(query)
  }

  /**
   * Events from a cursor on, with the record they belong to, as one consistent view; `null` for an unknown task.
   *
   * @throws TaskError `invalid_cursor`, `store_unavailable`
   */
  read(taskId: string, query: Partial<EventQuery> = {}): Promise<ReadPage | null> {
    return this.#reader.read(taskId, query)
  }

  /** Waits until the task's revision is no longer `revision`, or the task is gone; `aborted` also when the manager closes. */
  waitForChange(
    taskId: string,
    query: { revision: number; waitMs: number; signal?: AbortSignal | undefined },
  ): Promise<ChangeOutcome> {
    return this.#reader.waitForChange(taskId, query)
  }

  /**
   * Calls `onNews` soon, and then whenever the task or its log may have changed: what has, is for the caller to read.
   *
   * @returns ends the watching.
   */
  watch(taskId: string, onNews: () => void): () => void {
    return this.#reader.watch(taskId, onNews)
  }

  /**
   * The same for a user's list of tasks.
   *
   * @returns ends the watching.
   */
  watchUser(userId: string, onNews: () => void): () => void {
    return this.#reader.watchUser(userId, onNews)
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
  cancel(taskId: string, request: { reason?: string | undefined; actor: string }): Promise<CancelResult> {
    return this.#signals.stop(taskId, request.reason ?? defaultReason, request.actor)
  }

  /**
   * Stops the tasks of a user that are active now. What the user starts later is not touched.
   *
   * @returns how many tasks were asked to stop
   * @throws TaskError `store_unavailable`
   */
  cancelUser(userId: string, request: { reason?: string | undefined; actor: string }): Promise<number> {
    return this.#signals.stopActive(userId, () => true, request.reason ?? defaultReason, request.actor)
  }

  /**
   * Tells that a user has a connection to this process. Push transports call it; tasks whose definition says
   * `lifetime: 'connection'` are stopped with the reason `disconnected` when a user's last connection is gone. Presence is
   * per process: with several of them, connections must stick to one.
   *
   * @returns closes the connection
   */
  openConnection(userId: string): () => void {
    return this.#presence.open(userId)
  }

  async #disconnected(userId: string): Promise<void> {
    const isTied = ({ type }: TaskRecord): boolean => this.definitions.get(type)?.lifetime === 'connection'
    try {
      await this.#signals.stopActive(userId, isTied, 'disconnected', 'system')
    } catch (error) {
      this.#onError(error, { stage: 'cancel' })
    }
  }

  /**
   * Cancels one running tool call; the task goes on, and the call leaves the result "cancelled by user".
   *
   * @throws TaskError `task_not_found`, `tool_not_found` when no such call is running, `store_unavailable`
   */
  cancelTool(taskId: string, toolId: string, request: { actor: string }): Promise<CancelResult> {
    return this.#signals.cancelTool(taskId, toolId, request.actor)
  }

  /**
   * Answers a question of a running task. Repeating the answer is harmless; the first one counts.
   *
   * @throws TaskError `task_not_found`, `input_not_found`, `input_closed`, `invalid_input`, `store_unavailable`
   */
  answerInput(
    taskId: string,
    { id, value, actor }: { id: string; value: unknown; actor: string },
  ): Promise<CancelResult> {
    return this.#signals.answer(taskId, id, value, actor)
  }

  /**
   * Removes a finished task and its log.
   *
   * @throws TaskError `task_not_found`, `task_not_finished`, `store_unavailable`
   */
  async delete(taskId: string): Promise<void> {
    const outcome = await askStore(() => this.#store.deleteTask(taskId))
    if (outcome === 'not_found') throw new TaskError('task_not_found', 'There is no such task.')
    if (outcome === 'not_finished') {
      throw new TaskError('task_not_finished', 'The task is not finished yet. Cancel it first.')
    }
    this.#notifier.publish([`log:${taskId}`])
  }

  /**
   * Counts and sizes, for a dashboard.
   *
   * @throws TaskError `store_unavailable`
   */
  async stats(): Promise<ManagerStats> {
    const { byStatus, durationsMs } = await askStore(() => this.#store.stats())
    return {
      byStatus,
      durationsMs,
      running: this.#worker.running,
      queued: this.#dispatcher.queued?.() ?? null,
      watchers: this.#reader.waiting,
      bufferedBytes: this.#worker.bufferedBytes,
      eventsWritten: this.#worker.eventsWritten,
    }
  }

  /**
   * Closes the manager: takes no more tasks, lets the running ones end for `drainMs`, then stops the rest with the
   * reason `shutdown`. Calling it again waits for the first call.
   *
   * @throws TaskError `invalid_definition` when `drainMs` is no duration; nothing is closed then
   */
  async close(options: { drainMs?: number } = {}): Promise<void> {
    const drainMs = options.drainMs ?? defaults.drainMs
    checkDuration('drainMs', drainMs)
    this.#closing ??= this.#close(drainMs)
    return this.#closing
  }

  async #close(drainMs: number): Promise<void> {
    this.#retention.stop()
    this.#presence.close()
    await this.#worker.drain(drainMs, (taskId) => this.#shutDown(taskId))
    this.#reader.letGo()
    this.#lifecycle.emit('closed')
    this.#reader.close()
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

  #handle(outcome: TaskHandle['outcome'], task: TaskRecord): TaskHandle {
    return {
      id: task.id,
      outcome,
      task,
      finished: (options = {}) => untilFinished(this, task.id, options.signal),
      cancel: ({ reason, actor = task.userId } = {}) => this.cancel(task.id, { reason, actor }),
    }
  }
}
