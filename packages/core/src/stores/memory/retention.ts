import { isFinalStatus } from '../../protocol/index.ts'
import type { TaskStore } from '../../store/index.ts'
import type { MemoryState } from './memory-state.ts'

/** {@link TaskStore.deleteTask} */
export function deleteTask(state: MemoryState, id: string): 'deleted' | 'not_finished' | 'not_found' {
  const task = state.tasks.get(id)
  if (task === undefined) return 'not_found'
  if (!isFinalStatus(task.record.status)) return 'not_finished'
  state.tasks.remove(task)
  return 'deleted'
}

/** {@link TaskStore.deleteFinished} */
export function deleteFinished(
  state: MemoryState,
  query: Parameters<TaskStore['deleteFinished']>[0],
): number {
  let left = query.limit
  if (query.beforeMs !== undefined) left -= deleteOlder(state, query.beforeMs, left)
  if (query.keepPerUser !== undefined) left -= deleteBeyond(state, query.keepPerUser, left)
  return query.limit - left
}

function deleteOlder(state: MemoryState, beforeMs: number, limit: number): number {
  let deleted = 0
  for (const task of state.tasks.finished()) {
    if (deleted >= limit) break
    if ((task.record.finishedAt ?? beforeMs) >= beforeMs) continue
    state.tasks.remove(task)
    deleted++
  }
  return deleted
}

function deleteBeyond(state: MemoryState, keepPerUser: number, limit: number): number {
  let deleted = 0
  for (const own of state.tasks.users()) {
    if (deleted >= limit) break
    if (own.size <= keepPerUser) continue
    const finished = Array.from(own.newestFirst()).filter((task) => isFinalStatus(task.record.status))
    for (const task of finished.slice(keepPerUser, keepPerUser + limit - deleted)) {
      state.tasks.remove(task)
      deleted++
    }
  }
  return deleted
}
