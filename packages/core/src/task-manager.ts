import type { AnyTaskDefinition } from './define-task.ts'
import type { CancelOutcome, TaskStatus } from './protocol/index.ts'
import type { EventQuery, ReadPage, TaskRecord } from './store/index.ts'

// SKETCH of the public face while the manager is being written; the methods below will not change shape.

export interface CreateRequest {
  /** Name of a registered type; may be left out when only one is registered. */
  type?: string | undefined
  userId: string
  /** Default: `default`. */
  workspaceId?: string | undefined
  /** Checked against the definition's schema. */
  input: unknown
  session?: unknown
  idempotencyKey?: string | undefined
}

export interface TaskHandle {
  readonly id: string
  readonly outcome: 'created' | 'attached' | 'repeated'
  /** The record at the time of the create. */
  readonly task: TaskRecord
  /** Resolves with the final record. */
  finished(): Promise<TaskRecord>
  cancel(reason?: string): Promise<CancelAnswer>
}

export interface CancelAnswer {
  outcome: CancelOutcome
  status: TaskStatus
}

export interface TaskManager {
  readonly definitions: ReadonlyMap<string, AnyTaskDefinition>
  /** throws TaskError invalid_input (issues), unknown_task_type→invalid_input over HTTP, task_already_running (taskId), idempotency_mismatch, queue_full, shutting_down, store_unavailable */
  create(request: CreateRequest): Promise<TaskHandle>
  get(taskId: string): Promise<TaskRecord | null>
  list(query: {
    userId: string
    workspaceId?: string
    conversationId?: string
    status?: readonly TaskStatus[]
    limit?: number
    cursor?: string
  }): Promise<{ tasks: readonly TaskRecord[]; nextCursor: string | null }>
  read(taskId: string, query: Partial<EventQuery>): Promise<ReadPage | null>
  /** Resolves 'changed' as soon as the task's revision is no longer `revision`, 'timeout' after waitMs, 'aborted' on signal. */
  waitForChange(
    taskId: string,
    query: { revision: number; waitMs: number; signal?: AbortSignal },
  ): Promise<'changed' | 'timeout' | 'aborted'>
  /** throws TaskError task_not_found */
  cancel(taskId: string, request: { reason?: string; actor: string }): Promise<CancelAnswer>
  subscribe(taskId: string, query: { from?: number }, listener: (page: ReadPage) => void): () => void
  close(options?: { drainMs?: number }): Promise<void>
}
