import type { Fold } from '../blocks/index.ts'
import type { Clock } from '../clock.ts'
import type { AnyTaskDefinition } from '../define-task.ts'
import type { WriterLimits } from '../log/index.ts'
import type { Json, TaskRecord, TaskStore } from '../store/index.ts'
import type { ErrorReporter } from '../store-retry.ts'
import type { RunStates } from './run-states.ts'
import type { TaskLeases } from './task-lease.ts'

/** Times and bounds of a run, in milliseconds and bytes. */
export interface RunLimits extends WriterLimits {
  /** Events that wait for the store, over all runs of a manager. */
  maxBufferedBytes: number
  leaseMs: number
  progressMs: number
  toolGraceMs: number
  runGraceMs: number
}

/** What the runner tells the manager. */
interface RunListener {
  onStarted(task: TaskRecord): void
  /** The task of a dead owner is this process's now: as it was found, told once for each death. */
  onInterrupted(task: TaskRecord): void
  /** Events were stored, the first one with the idx `from`. */
  onEvents(task: TaskRecord, texts: readonly Json[], from: number): void
  /** The task has ended here; `promoted` is the next task of its scope. Awaited: the run is over after it. */
  onEnded(task: TaskRecord, promoted: string | undefined): Promise<void>
}

/** What a runner stands on. */
export interface RunnerOptions {
  store: TaskStore
  clock: Clock
  definitions: ReadonlyMap<string, AnyTaskDefinition>
  states: RunStates
  leases: TaskLeases
  fold: Fold | null
  limits: RunLimits
  /** Names this process in leases. */
  owner: string
  newId(): string
  listener: RunListener
  /** Gives a run's place in the queue back; the answer takes one again. */
  releaseSlot(taskId: string): () => Promise<void>
  onError: ErrorReporter
  /** Fires when the manager gives up waiting for its store. */
  closed: AbortSignal
}
