import type { Fold } from './blocks/index.ts'
import type { Clock } from './clock.ts'
import type { AnyTaskDefinition } from './define-task.ts'
import type { TaskLimits } from './limits.ts'
import type { CancelOutcome, TaskStatus } from './protocol/index.ts'
import type { RetentionOptions } from './retention-sweep.ts'
import type { TaskDispatcher, TaskNotifier, TaskRecord, TaskStore } from './store/index.ts'
import type { ErrorReporter } from './store-retry.ts'

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
  /** How long finished tasks are kept. Default: 24 hours. */
  retention?: Partial<RetentionOptions>
  /** Bounds and times; see `defaults.ts`. */
  limits?: Partial<TaskLimits>
  /** Takes failures that no caller is there to catch. Default: a process warning. */
  onError?: ErrorReporter
  clock?: Clock
}

/** The names of all options: one that is misspelt would be without effect, and nobody would notice. */
export const managerOptionNames: readonly string[] = Object.keys({
  tasks: true,
  store: true,
  notifier: true,
  dispatcher: true,
  concurrency: true,
  fold: true,
  retention: true,
  limits: true,
  onError: true,
  clock: true,
} satisfies Record<keyof TaskManagerOptions, true>)

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
  finished(options?: { signal?: AbortSignal | undefined }): Promise<TaskRecord>
  cancel(options?: { reason?: string | undefined; actor?: string | undefined }): Promise<CancelResult>
}

/** Which tasks to list. */
export interface ListQuery {
  userId: string
  workspaceId?: string | undefined
  conversationId?: string | undefined
  status?: readonly TaskStatus[] | undefined
  /** Default 50. */
  limit?: number | undefined
  cursor?: string | undefined
}
