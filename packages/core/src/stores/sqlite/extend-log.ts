import type { Append, AppendOutcome } from '../../store/index.ts'
import { appendFields } from './append-fields.ts'
import { insertEvents } from './event-rows.ts'
import type { SqliteSession } from './sqlite-session.ts'

/** Compares and swaps. A running task has no stop and no ended lease; without signals there is nothing to settle or tell. */
const extendPlainly = extendWith([])

function extendWith(columns: readonly string[]): string {
  const sets = columns.map((column) => `${column} = ?, `)
  return `UPDATE outlast_tasks SET ${sets.join('')} revision = revision + 1, updated_at = ?,
    last_at = next_idx, last_trimmed = NULL, next_idx = next_idx + ?
  WHERE id = ? AND next_idx = ? AND lease_token = ? AND status = 'running' AND unsettled = 0`
}

/**
 * The usual append: events and fields from the owner of a running task, whom nothing waits for. It reads no head, since
 * calls of the driver are most of what an append costs. Answers `null` for any other, and has written nothing then.
 */
export function extendLog(session: SqliteSession, append: Append, now: number): AppendOutcome | null {
  const { taskId, token, at, events, snapshot, trimTo, newEpoch, final } = append
  if ((snapshot ?? trimTo ?? newEpoch ?? final) !== undefined) return null
  const fields = appendFields(append)
  const columns = Object.keys(fields)
  const extended = session.run(
    columns.length === 0 ? extendPlainly : extendWith(columns),
    ...Object.values(fields),
    ...[now, events.length, taskId, at, token],
  )
  if (extended === 0) return null
  insertEvents(session, taskId, at, events)
  return { outcome: 'ok', nextIdx: at + events.length, signals: [] }
}
