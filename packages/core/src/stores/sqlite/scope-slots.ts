import type { TaskStatus } from '../../protocol/index.ts'
import { number, text } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'

// A scope's slot belongs to the task with `holds_slot`; a partial unique index lets no second one have it. Pending
// tasks of the scope without the slot wait for it, oldest first. A stopped one is no longer pending, so that no
// promotion is wasted on it.

/** SQL that counts the tasks waiting in the order of promotion up to the one in the row, that one included. */
export const queuePosition = `(SELECT COUNT(*) FROM outlast_tasks AS ahead
  WHERE ahead.scope = outlast_tasks.scope AND ahead.holds_slot = 0 AND ahead.status = 'pending'
  AND ahead.ref <= outlast_tasks.ref)`

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

/** Moves up those who wait behind a task that is about to be stopped or to end; behind one with the slot, nobody moves. */
export function leaveQueue(
  session: SqliteSession,
  task: { ref: number; scope: string | null; status: TaskStatus; holdsSlot: boolean },
  now: number,
): void {
  if (task.scope === null || task.holdsSlot || task.status !== 'pending') return
  moveUpBehind(session, task.scope, task.ref, now)
}

/** Marks that those who wait behind a task move up; readers wait for the change. */
export function moveUpBehind(session: SqliteSession, scope: string, ref: number, now: number): void {
  session.run(
    `UPDATE outlast_tasks SET revision = revision + 1, updated_at = ?
    WHERE scope = ? AND holds_slot = 0 AND status = 'pending' AND ref > ?`,
    ...[now, scope, ref],
  )
}
