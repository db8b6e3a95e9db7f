import { number, text } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'

// A scope's slot belongs to the task with `holds_slot`; a partial unique index lets no second one have it. Pending
// tasks of the scope without the slot wait for it, oldest first. A stopped one is no longer pending, so that no
// promotion is wasted on it.

/** Id of the task that holds the slot. */
export function holderOf(session: SqliteSession, scope: string): string | null {
  const row = session.get('SELECT id FROM outlast_tasks WHERE scope = ? AND holds_slot = 1', scope)
  return row === undefined ? null : text(row, 'id')
}

/** Ids of the tasks that wait, next one first. */
export function queueOf(session: SqliteSession, scope: string): string[] {
  return session
    .all(
      `SELECT id FROM outlast_tasks WHERE scope = ? AND holds_slot = 0 AND status = 'pending' ORDER BY ref`,
      scope,
    )
    .map((row) => text(row, 'id'))
}

/** The task that gets the slot next. */
export function nextInQueue(
  session: SqliteSession,
  scope: string,
): { ref: number; id: string; revision: number } | null {
  const row = session.get(
    `SELECT ref, id, revision FROM outlast_tasks
    WHERE scope = ? AND holds_slot = 0 AND status = 'pending' ORDER BY ref LIMIT 1`,
    scope,
  )
  if (row === undefined) return null
  return { ref: number(row, 'ref'), id: text(row, 'id'), revision: number(row, 'revision') }
}
