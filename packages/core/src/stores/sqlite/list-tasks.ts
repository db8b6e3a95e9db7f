import type { TaskQuery, TaskRecord } from '../../store/index.ts'
import { cursorOf, parseCursor } from '../shared/list-cursor.ts'
import { placeholders } from './placeholders.ts'
import type { SqliteValue } from './sqlite-like.ts'
import type { SqliteSession } from './sqlite-session.ts'
import { recordColumns, toRecord } from './task-row.ts'

/** {@link TaskStore.listTasks}; a cursor is the place of a page's last task, so inserts and deletes do not move it. */
export function listTasks(
  session: SqliteSession,
  query: TaskQuery,
): { tasks: readonly TaskRecord[]; nextCursor: string | null } {
  const before = query.cursor === undefined ? undefined : parseCursor(query.cursor)
  if (before === null) return { tasks: [], nextCursor: null }

  const conditions = ['user_id = ?']
  const parameters: SqliteValue[] = [query.userId]
  function filter(condition: string, ...values: SqliteValue[]): void {
    conditions.push(condition)
    parameters.push(...values)
  }
  if (before !== undefined) filter('(created_at, id) < (?, ?)', before.createdAt, before.id)
  if (query.workspaceId !== undefined) filter('workspace_id = ?', query.workspaceId)
  if (query.conversationId !== undefined) filter('conversation_id = ?', query.conversationId)
  if (query.status !== undefined) {
    // Each once, since every number of placeholders is a statement that stays prepared.
    const statuses = [...new Set(query.status)]
    filter(`status IN (${placeholders(statuses)})`, ...statuses)
  }

  // One more than asked for: it tells that there is a next page.
  const rows = session.all(
    `SELECT ${recordColumns} FROM outlast_tasks WHERE ${conditions.join(' AND ')}
    ORDER BY created_at DESC, id DESC LIMIT ?`,
    ...[...parameters, query.limit + 1],
  )
  const tasks = rows.slice(0, query.limit).map(toRecord)
  const last = tasks.at(-1)
  return { tasks, nextCursor: rows.length > query.limit && last !== undefined ? cursorOf(last) : null }
}
