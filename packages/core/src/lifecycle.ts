import { EventEmitter } from 'eventemitter3'
import type { Json, TaskRecord } from './store/index.ts'
import type { ErrorReporter } from './store-retry.ts'

/**
 * What a manager tells of the tasks in its process: name → arguments of the listener. Tasks of other processes on the
 * same store are told of there. For one task the order is `created`, `started`, `finished`, `run_ended`, with any number
 * of `events` before `finished`.
 */
export interface LifecycleEvents {
  /** A task was created through this manager; it is stored, and runs or waits. Not told for an attached or repeated create. */
  created: [task: TaskRecord]
  /** A runner is given the task here; `task.attempt` says for which time. */
  started: [task: TaskRecord]
  /**
   * Events of a task that is in this process's hands were stored: one call per append, after its commit. The texts are
   * JSON as stored, in order, the first one with the idx `from`; `task_complete` is in the last call.
   */
  events: [taskId: string, texts: readonly Json[], from: number]
  /** The status became `running` or final here, or `cancel_requested` by a stop through this manager. */
  status: [task: TaskRecord]
  /** A stop was accepted through this manager, for the first time and for whatever process runs the task. */
  stop_requested: [taskId: string, stop: { reason: string; actor: string }]
  /** The process that ran the task has died, and this one takes it over: to end it, or to run it again. The record is as found. */
  interrupted: [task: TaskRecord]
  /** So many finished tasks were removed because their time was over. */
  swept: [count: number]
  /** A task ended here, after a run or without one; the record is the final one. */
  finished: [task: TaskRecord]
  /**
   * Nothing of the task runs here any more. It comes after `finished`, or without it: the run was given back, or another
   * process has taken it over. It also comes without `started`, when the task was not this process's to run.
   */
  run_ended: [taskId: string]
  /** The manager has closed: nothing runs here any more, and readers should go elsewhere. */
  closed: []
}

/** Listener of one lifecycle event. It runs at once, within the manager's work: keep it short. */
export type LifecycleListener<Name extends keyof LifecycleEvents> = (...args: LifecycleEvents[Name]) => void

/** Carries lifecycle events to listeners, whose throws are reported and never reach the manager. */
export class Lifecycle {
  readonly #emitter: EventEmitter<LifecycleEvents> = new EventEmitter()
  readonly #onError: ErrorReporter

  constructor(onError: ErrorReporter) {
    this.#onError = onError
  }

  /** Whether anybody listens: what is costly to gather need not be. */
  has(name: keyof LifecycleEvents): boolean {
    return this.#emitter.listenerCount(name) > 0
  }

  on<Name extends keyof LifecycleEvents>(name: Name, listener: LifecycleListener<Name>): () => void {
    const guarded = ((...args: LifecycleEvents[Name]): void => {
      try {
        const returned: unknown = listener(...args)
        // An async listener is no business of the manager's, but its failure must not take the process with it.
        if (returned instanceof Promise) {
          returned.catch((error: unknown) => this.#onError(error, { stage: 'listener' }))
        }
      } catch (error) {
        this.#onError(error, { stage: 'listener' })
      }
    }) as EventEmitter.EventListener<LifecycleEvents, Name>
    this.#emitter.on(name, guarded)
    return () => this.#emitter.off(name, guarded)
  }

  emit<Name extends keyof LifecycleEvents>(name: Name, ...args: LifecycleEvents[Name]): void {
    this.#emitter.emit(name, ...(args as EventEmitter.EventArgs<LifecycleEvents, Name>))
  }
}
