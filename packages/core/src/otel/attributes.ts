import type { TaskRecord } from '../store/index.ts'
import type { TelemetryAttributes } from './telemetry-api.ts'

/** What a task's end is told by in metrics: few values, and nothing that a user wrote. */
export function endAttributes(task: TaskRecord): TelemetryAttributes {
  const error = errorOf(task)
  return {
    'outlast.task.type': task.type,
    'outlast.task.status': task.status,
    ...(error !== null && { 'error.type': error.code }),
  }
}

/** Code and sentence of a failed task. */
export function errorOf(task: TaskRecord): { message: string; code: string } | null {
  return task.error === null ? null : (JSON.parse(task.error) as { message: string; code: string })
}

/** Seconds that a task waited for its first run; `null` for a later one, whose wait nobody wrote down. */
export function queueSeconds({ attempt, createdAt, startedAt }: TaskRecord): number | null {
  return attempt > 1 || startedAt === null ? null : Math.max(0, startedAt - createdAt) / 1_000
}
