import type { Append } from '../../store/index.ts'
import { selectEvents } from './event-rows.ts'
import type { SqliteSession } from './sqlite-session.ts'
import type { TaskHead } from './task-head.ts'

/**
 * Whether this very append was the last one of the present owner. One without events is never taken for a repeat: it
 * says the same twice, so writing it again is harmless, while skipping its gate would not be.
 */
export function repeatsLastAppend(session: SqliteSession, head: TaskHead, append: Append): boolean {
  const { at, events, newEpoch, token } = append
  if (at !== head.lastAt || events.length === 0 || token !== head.lease?.token) return false
  if (newEpoch !== undefined && newEpoch !== head.epoch) return false
  if (at + events.length !== head.nextIdx) return false
  const trimmed: unknown = JSON.parse(head.lastTrimmed ?? '[]')
  const last: unknown[] = Array.isArray(trimmed) ? trimmed : []
  last.push(...selectEvents(session, head.ref, at, head.nextIdx))
  return events.every((event, position) => event === last[position])
}
