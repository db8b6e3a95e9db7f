import type { TaskStatus } from '../../protocol/index.ts'
import type { TaskStore } from '../../store/index.ts'
import { number, text } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'
import { statusOf } from './task-row.ts'

/** {@link TaskStore.stats} */
export function stats(session: SqliteSession): Awaited<ReturnType<TaskStore['stats']>> {
  return { byStatus: countByStatus(session), durationsMs: latestDurations(session) }
}

function countByStatus(session: SqliteSession): Record<TaskStatus, number> {
  const counts = { pending: 0, running: 0, cancel_requested: 0, succeeded: 0, failed: 0, canceled: 0 }
  const rows = session.all('SELECT status, COUNT(*) AS tasks FROM outlast_tasks GROUP BY status')
  for (const row of rows) counts[statusOf(row)] = number(row, 'tasks')
  return counts
}

/** By type, the latest last. */
function latestDurations(session: SqliteSession): Record<string, readonly number[]> {
  const byType = new Map<string, number[]>()
  for (const row of session.all('SELECT type, ms FROM outlast_durations ORDER BY seq')) {
    const type = text(row, 'type')
    const durations = byType.get(type) ?? []
    byType.set(type, durations)
    durations.push(number(row, 'ms'))
  }
  // fromEntries defines properties: a type named `__proto__` becomes an entry like any other.
  return Object.fromEntries(byType)
}
