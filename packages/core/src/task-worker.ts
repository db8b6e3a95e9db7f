import { setMaxListeners } from 'node:events'
import { nanoid } from 'nanoid'
import type { Fold } from './blocks/index.ts'
import { type Clock, sleep } from './clock.ts'
import { defaults } from './defaults.ts'
import type { AnyTaskDefinition } from './define-task.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { TaskLimits } from './limits.ts'
import type { CurrentState } from './log/index.ts'
import { isFinalStatus, type StopInfo } from './protocol/index.ts'
import {
  type PartSignal,
  RunStates,
  type SeenLease,
  type StopFlags,
  TaskLeases,
  TaskRunner,
  WorkSweep,
} from './run/index.ts'
import type { EventQuery, TaskDispatcher, TaskNotifier, TaskRecord, TaskStore } from './store/index.ts'
import type { ErrorReporter } from './store-retry.ts'

/** What a worker stands on. */
export interface WorkerOptions {
  store: TaskStore
  notifier: TaskNotifier
  dispatcher: TaskDispatcher
  clock: Clock
  limits: TaskLimits
  definitions: ReadonlyMap<string, AnyTaskDefinition>
  fold: Fold | null
  lifecycle: Lifecycle
  onError: ErrorReporter
}

/** The part of a manager that runs tasks: takes them when it is their turn, adopts abandoned ones, and sees them end. */
export class TaskWorker {
  readonly #options: WorkerOptions
  readonly #states: RunStates = new RunStates()
  readonly #leases: TaskLeases
  readonly #runner: TaskRunner
  readonly #sweep: WorkSweep
  readonly #running: Map<string, Promise<unknown>> = new Map()
  readonly #closed: AbortController = new AbortController()
  readonly #started: Promise<void>
  #eventsWritten = 0

  constructor(options: WorkerOptions) {
    const { store, notifier, dispatcher, clock, limits, definitions, fold, lifecycle, onError } = options
    this.#options = options
    // Every task that waits for its store listens to it.
    setMaxListeners(0, this.#closed.signal)
    this.#leases = new TaskLeases(store, clock, limits, onError)
    this.#runner = new TaskRunner({
      store,
      clock,
      definitions,
      states: this.#states,
      leases: this.#leases,
      fold,
      limits,
      owner: nanoid(),
      newId: nanoid,
      onError,
      closed: this.#closed.signal,
      releaseSlot: (taskId) => dispatcher.release?.(taskId) ?? (() => Promise.resolve()),
      listener: {
        onStarted: (task) => {
          lifecycle.emit('started', task)
          lifecycle.emit('status', task)
        },
        onInterrupted: (task) => lifecycle.emit('interrupted', task),
        onEvents: (task, texts, from) => {
          this.#eventsWritten += texts.length
          notifier.publish([`log:${task.id}`])
          if (lifecycle.has('events')) lifecycle.emit('events', task.id, texts, from)
        },
        onEnded: (task, promoted) => this.#ended(task.id, promoted),
      },
    })
    this.#sweep = new WorkSweep({
      store,
      clock,
      times: limits,
      types: new Set(definitions.keys()),
      onError,
      actions: {
        dispatch: (taskId) => this.#dispatchById(taskId),
        adopt: (taskId, seen) => this.#adopt(taskId, seen),
        adoptStopped: (taskId, seen) => this.#adoptStopped(taskId, seen),
        finish: (taskId) => this.finishStopped(taskId),
      },
    })
    this.#sweep.start()
    this.#started = dispatcher.start((taskId) => this.#run(taskId))
    this.#started.catch((error: unknown) => onError(error, { stage: 'dispatch' }))
  }

  get stopFlags(): StopFlags {
    return this.#states
  }

  /** Tasks in this process's hands. */
  get running(): number {
    return this.#running.size
  }

  /** Bytes of events that wait for the store. */
  get bufferedBytes(): number {
    return this.#runner.bufferedBytes
  }

  /** Events stored since the start. */
  get eventsWritten(): number {
    return this.#eventsWritten
  }

  /** The state of a task that runs here, for a reader that it spares a long way; `null` for any other. */
  currentState(taskId: string, query: EventQuery): CurrentState | null {
    return this.#runner.currentState(taskId, query)
  }

  /** Has a task run when it is its turn. */
  async dispatch(task: TaskRecord): Promise<void> {
    await this.#started
    await this.#options.dispatcher.dispatch({
      taskId: task.id,
      type: task.type,
      attempt: task.attempt + 1,
      priority: this.#options.definitions.get(task.type)?.priority ?? 0,
    })
  }

  /** Takes an accepted stop to the run, if it is here. */
  stop(taskId: string, stop: StopInfo): void {
    this.#states.stop(taskId, stop)
  }

  /** Takes any other stored signal to the run, if it is here. */
  deliver(taskId: string, signal: PartSignal): void {
    this.#runner.deliver(taskId, signal)
  }

  /** A stopped task without an owner is ended by whoever stopped it. */
  async finishStopped(taskId: string): Promise<void> {
    await this.#options.dispatcher.withdraw(taskId)
    await this.#runner.finish(taskId)
  }

  /** The store has stopped what was replaced; the runs here and the queued ones need not wait for the next check. */
  async finishReplaced(): Promise<void> {
    await this.#leases.check()
    await this.#sweep.sweep()
  }

  /**
   * Takes no more work and lets what runs end for `drainMs`. Then a task that may be tried again is given back for
   * another process to go on with, and any other is handed to `cancel`.
   */
  async drain(drainMs: number, cancel: (taskId: string) => Promise<unknown>): Promise<void> {
    await this.#options.dispatcher.stop()
    this.#sweep.stop()
    await this.#idle(drainMs)
    const rest = [...this.#running.keys()].filter((taskId) => !this.#runner.release(taskId))
    // A store that never answers must not keep the process from going.
    await Promise.race([Promise.all(rest.map(cancel)), this.#idle(this.#options.limits.runGraceMs)])
    await this.#idle(this.#options.limits.runGraceMs * 2)
    this.#closed.abort()
    this.#runner.abandonAll()
  }

  /** Resolves when nothing runs here any more, or after `ms`. */
  async #idle(ms: number): Promise<void> {
    const isIdle = new AbortController()
    const idle = Promise.allSettled(this.#running.values()).then(() => isIdle.abort())
    await Promise.race([idle, sleep(this.#options.clock, ms, isIdle.signal)])
  }

  async #run(taskId: string): Promise<'ran' | 'not_mine'> {
    // A run that has lost the task may still be on its way out; the sweep finds the task again.
    if (this.#running.has(taskId)) return 'not_mine'
    const run = this.#runner.run(taskId).finally(() => {
      this.#running.delete(taskId)
      this.#options.lifecycle.emit('run_ended', taskId)
    })
    this.#running.set(taskId, run)
    return run
  }

  async #dispatchById(taskId: string): Promise<void> {
    const task = await this.#options.store.getTask(taskId)
    if (task !== null && !isFinalStatus(task.status)) await this.dispatch(task)
  }

  async #adopt(taskId: string, seen: SeenLease): Promise<void> {
    // Its own: the store was away for longer than the lease, and the run here goes on or learns that it has lost it.
    if (this.#running.has(taskId)) return
    if ((await this.#runner.adopt(taskId, seen)) === 'retry') await this.#dispatchById(taskId)
  }

  async #adoptStopped(taskId: string, seen: SeenLease): Promise<void> {
    const task = await this.#options.store.getTask(taskId)
    if (task !== null && task.stop !== null) await this.#adopt(taskId, seen)
  }

  /** Those that wait behind a task that has gone have moved up; who reads them is told. */
  async #tellQueued({ userId }: TaskRecord): Promise<void> {
    const { tasks } = await this.#options.store.listTasks({
      userId,
      status: ['pending'],
      limit: defaults.listLimit,
    })
    const queued = tasks.filter(({ queuePosition }) => queuePosition !== null)
    this.#options.notifier.publish(queued.map(({ id }) => `log:${id}` as const))
  }

  async #ended(taskId: string, promoted: string | undefined): Promise<void> {
    const { store, notifier, lifecycle, onError } = this.#options
    try {
      const task = await store.getTask(taskId)
      if (task !== null) {
        notifier.publish([`user:${task.userId}`])
        lifecycle.emit('status', task)
        lifecycle.emit('finished', task)
      }
      if (promoted !== undefined) await this.#dispatchById(promoted)
      if (task !== null && (promoted !== undefined || task.attempt === 0)) await this.#tellQueued(task)
    } catch (error) {
      onError(error, { stage: 'dispatch', taskId })
    }
  }
}
