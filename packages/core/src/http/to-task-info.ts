import { isFinalStatus, type TaskInfo } from '../protocol/index.ts'
import type { Json, TaskRecord } from '../store/index.ts'

/**
 * A stored task as it stands on the wire.
 *
 * @param now milliseconds since 1970, for `elapsed_ms` of a task that is not finished
 */
export function toTaskInfo(record: TaskRecord, now: number): TaskInfo {
  const summary = parse(record.summary)
  const error = parse(record.error)
  return {
    task_id: record.id,
    type: record.type,
    status: record.status,
    created_at: record.createdAt / 1_000,
    started_at: seconds(record.startedAt),
    updated_at: record.updatedAt / 1_000,
    finished_at: seconds(record.finishedAt),
    elapsed_ms: elapsedMs(record, now),
    workspace_id: record.workspaceId,
    message: textField(summary, 'message'),
    summary,
    conversation_id: record.conversationId,
    error: textField(error, 'message'),
    error_code: textField(error, 'code'),
    result: parse(record.result),
    progress: parse(record.progress),
    queue_position: record.queuePosition,
    attempt: record.attempt,
    stop: record.stop,
  }
}

/** Milliseconds from the start of a task to its end, or to `now` while it has none. */
export function elapsedMs({ startedAt, finishedAt, updatedAt, status }: TaskRecord, now: number): number {
  if (startedAt === null) return 0
  const end = isFinalStatus(status) ? (finishedAt ?? updatedAt) : now
  // The store's clock and this one are not the same.
  return Math.max(0, Math.round(end - startedAt))
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1_000
}

function parse(json: Json | null): unknown {
  return json === null ? null : JSON.parse(json)
}

function textField(value: unknown, name: string): string | null {
  if (typeof value !== 'object' || value === null) return null
  const field = (value as Readonly<Record<string, unknown>>)[name]
  return typeof field === 'string' ? field : null
}
