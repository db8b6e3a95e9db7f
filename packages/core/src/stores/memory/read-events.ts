import type { EventQuery, ReadPage, Snapshot } from '../../store/index.ts'
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
function chooseSnapshot(task: StoredTask, query: EventQuery): Readonly<Snapshot> | null {
  const { snapshot, log } = task
  if (snapshot === null) return null
  const isSmaller = (): boolean => isSmallerThan(snapshot, log.bytes(query.from, snapshot.source.at))
  return prefersSnapshot(snapshot.source, log.first, query, isSmaller) ? snapshot.source : null
}

/** A reader that follows the log is never far behind: its few events do not have the text made. */
function isSmallerThan(snapshot: StoredSnapshot, bytes: number): boolean {
  if ((snapshot.source.minBytes ?? 0) >= bytes) return false
  snapshot.bytes ??= Buffer.byteLength(snapshot.source.state)
  return snapshot.bytes < bytes
}
