import type { EventQuery, ReadPage, Snapshot, TaskRecord } from '../../store/index.ts'
import { prefersSnapshot } from '../shared/prefers-snapshot.ts'
import { countBytes, pageOfEvents } from './event-rows.ts'
import { number, text } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'
import { recordColumns, toRecord } from './task-row.ts'

/** {@link TaskStore.readEvents} */
export function readEvents(session: SqliteSession, id: string, query: EventQuery): ReadPage | null {
  const row = session.get(`SELECT ref, ${recordColumns} FROM outlast_tasks WHERE id = ?`, id)
  if (row === undefined) return null
  const ref = number(row, 'ref')
  const task = toRecord(row)
  const snapshot = chooseSnapshot(session, ref, task, query)
  const from = Math.max(query.from, snapshot?.at ?? task.firstIdx)
  return {
    task,
    snapshot,
    from,
    events: pageOfEvents(session, ref, { from, to: task.nextIdx }, query),
  }
}

/** The snapshot, if the reader is to have it; its state is read only then. */
function chooseSnapshot(
  session: SqliteSession,
  ref: number,
  task: TaskRecord,
  query: EventQuery,
): Snapshot | null {
  const { snapshot, firstIdx } = task
  if (snapshot === null) return null
  function isSmaller({ at }: { at: number }): boolean {
    const size = session.get('SELECT bytes FROM outlast_snapshots WHERE task = ?', ref)
    return size !== undefined && number(size, 'bytes') < countBytes(session, ref, query.from, at)
  }
  if (!prefersSnapshot(snapshot, firstIdx, query, () => isSmaller(snapshot))) return null
  const row = session.get('SELECT state FROM outlast_snapshots WHERE task = ?', ref)
  return row === undefined ? null : { ...snapshot, state: text(row, 'state') }
}
