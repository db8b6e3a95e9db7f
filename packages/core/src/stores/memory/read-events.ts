import type { EventQuery, ReadPage } from '../../store/index.ts'
import { prefersSnapshot } from '../shared/prefers-snapshot.ts'
import type { MemoryState } from './memory-state.ts'
import { copyRecord, type StoredSnapshot, type StoredTask } from './stored-task.ts'

/** {@link TaskStore.readEvents} */
export function readEvents(state: MemoryState, id: string, query: EventQuery): ReadPage | null {
  const task = state.tasks.get(id)
  if (task === undefined) return null
  const snapshot = chooseSnapshot(task, query)
  const from = Math.max(query.from, snapshot?.at ?? task.log.first)
  return {
    task: copyRecord(task),
    snapshot: snapshot && { at: snapshot.at, fold: snapshot.fold, state: snapshot.state },
    from,
    events: task.log.read(from, query.limit, query.maxBytes),
  }
}

/** The snapshot, if the reader can go on from it and needs it or is better off with it. */
function chooseSnapshot(task: StoredTask, query: EventQuery): StoredSnapshot | null {
  const { snapshot, log } = task
  if (snapshot === null) return null
  const isSmaller = (): boolean => snapshot.bytes < log.bytes(query.from, snapshot.at)
  return prefersSnapshot(snapshot, log.first, query, isSmaller) ? snapshot : null
}
