import type { EventQuery, TaskRecord } from '../store/index.ts'

/**
 * The `ETag` of a read: the log's epoch and revision, and what was asked of it. Weak, since `elapsed_ms` and the poll
 * interval move on while nothing has happened.
 */
export function entityTag(task: TaskRecord, { from, limit, maxBytes, folds }: Partial<EventQuery>): string {
  const asked = `${from ?? ''};${limit ?? ''};${maxBytes ?? ''};${folds?.join('+') ?? ''}`
  return `W/"${task.epoch}.${task.revision};${asked}"`
}

/** Whether an `If-None-Match` header names the tag. */
export function matchesTag(header: string | null, tag: string): boolean {
  if (header === null) return false
  return header === '*' || header.split(',').some((candidate) => opaque(candidate.trim()) === opaque(tag))
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}
