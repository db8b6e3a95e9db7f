import { EventEmitter } from 'eventemitter3'
import type { Json, TaskRecord } from './store/index.ts'
import type { ErrorReporter } from './store-retry.ts'

/** What a manager tells of the tasks in its process: name → arguments of the listener. */
export interface LifecycleEvents {
  /** A task was created through this manager. */
  created: [task: TaskRecord]
  /** A runner was given the task here. */
  started: [task: TaskRecord]
  /** Events of a task that runs here were stored; the texts are as stored. */
  events: [taskId: string, texts: readonly Json[]]
  /** A stop was accepted through this manager. */
  stop_requested: [taskId: string, stop: { reason: string; actor: string }]
  /** The process that ran the task has died, and this one takes it over: to end it, or to run it again. */
  interrupted: [task: TaskRecord]
  /** So many finished tasks were removed because their time was over. */
  swept: [count: number]
  /** A task ended here; the record is the final one. */
  finished: [task: TaskRecord]
}

/** Listener of one lifecycle event. */
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
        listener(...args)
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
