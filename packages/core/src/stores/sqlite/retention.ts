import { isFinalStatus } from '../../protocol/index.ts'
import type { TaskStore } from '../../store/index.ts'
import { deleteEvents } from './event-rows.ts'
import { number, type Row } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'
import { findHead } from './task-head.ts'

/** {@link TaskStore.deleteTask} */
export function deleteTask(session: SqliteSession, id: string): 'deleted' | 'not_finished' | 'not_found' {
  const head = findHead(session, id)
  if (head === null) return 'not_found'
  if (!isFinalStatus(head.status)) return 'not_finished'
  removeTask(session, head.ref)
  return 'deleted'
}

/** {@link TaskStore.deleteFinished} */
export function deleteFinished(
  session: SqliteSession,
  query: Parameters<TaskStore['deleteFinished']>[0],
): number {
  const { beforeMs, keepPerUser, limit } = query
  let deleted = 0
  if (beforeMs !== undefined) deleted += removeAll(session, finishedBefore(session, beforeMs, limit))
  if (keepPerUser !== undefined) {
    deleted += removeAll(session, finishedBeyond(session, keepPerUser, limit - deleted))
  }
  return deleted
}

function finishedBefore(session: SqliteSession, beforeMs: number, limit: number): Row[] {
  return session.all(
    'SELECT ref FROM outlast_tasks WHERE finished_at < ? ORDER BY finished_at, ref LIMIT ?',
    ...[beforeMs, limit],
  )
}

function finishedBeyond(session: SqliteSession, keepPerUser: number, limit: number): Row[] {
  return session.all(
    `SELECT ref FROM (
      SELECT ref, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY created_at DESC, id DESC) AS place
      FROM outlast_tasks WHERE finished_at IS NOT NULL
    ) WHERE place > ? LIMIT ?`,
    ...[keepPerUser, limit],
  )
}

function removeAll(session: SqliteSession, rows: readonly Row[]): number {
  for (const row of rows) removeTask(session, number(row, 'ref'))
  return rows.length
}

/** Its input and its signals went when it ended. */
function removeTask(session: SqliteSession, ref: number): void {
  deleteEvents(session, ref)
  session.run('DELETE FROM outlast_snapshots WHERE task = ?', ref)
  session.run('DELETE FROM outlast_tasks WHERE ref = ?', ref)
}
