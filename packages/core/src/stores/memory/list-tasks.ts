import type { TaskQuery, TaskRecord } from '../../store/index.ts'
import { cursorOf, parseCursor } from '../shared/list-cursor.ts'
import type { MemoryState } from './memory-state.ts'
import { copyRecord } from './stored-task.ts'

/** {@link TaskStore.listTasks}; a cursor is the place of a page's last task, so inserts and deletes do not move it. */
export function listTasks(
  state: MemoryState,
  query: TaskQuery,
): { tasks: readonly TaskRecord[]; nextCursor: string | null } {
  const before = query.cursor === undefined ? undefined : parseCursor(query.cursor)
  const own = state.tasks.ofUser(query.userId)
  const tasks: TaskRecord[] = []
  if (before === null || own === undefined) return { tasks, nextCursor: null }
  for (const task of own.newestFirst(before)) {
    if (!matches(task.record, query)) continue
    const last = tasks.at(-1)
    // One more than asked for: only now is it known that there is a next page.
    if (tasks.length >= query.limit) return { tasks, nextCursor: last === undefined ? null : cursorOf(last) }
    tasks.push(copyRecord(task))
  }
  return { tasks, nextCursor: null }
}

function matches(record: TaskRecord, query: TaskQuery): boolean {
  return (
    (query.workspaceId === undefined || record.workspaceId === query.workspaceId) &&
    (query.conversationId === undefined || record.conversationId === query.conversationId) &&
    (query.status === undefined || query.status.includes(record.status))
  )
}
