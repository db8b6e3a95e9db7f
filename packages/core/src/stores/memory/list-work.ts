import type { TaskStore, WorkItem } from '../../store/index.ts'
import { workReasons } from '../shared/work-reasons.ts'
import type { MemoryState } from './memory-state.ts'
import { currentLease, type StoredTask } from './stored-task.ts'

type WorkQuery = Parameters<TaskStore['listWork']>[0]

/** {@link TaskStore.listWork} */
export function listWork(state: MemoryState, query: WorkQuery): WorkItem[] {
  const now = state.now()
  const types = query.types === undefined ? null : new Set(query.types)
  const found: Record<WorkItem['reason'], WorkItem[]> = {
    stopped_unowned: [],
    expired: [],
    expiring: [],
    pending: [],
  }
  for (const task of state.tasks.active()) {
    const reason = reasonOf(task, query, now)
    if (reason === null || found[reason].length >= query.limit) continue
    const { id, type } = task.record
    if (reason === 'pending' && types !== null && !types.has(type)) continue
    const lease = currentLease(task)
    found[reason].push({ taskId: id, type, reason, token: lease?.token ?? null, beat: lease?.beat ?? 0 })
  }
  return workReasons.flatMap((reason) => found[reason])
}

function reasonOf(task: StoredTask, query: WorkQuery, now: number): WorkItem['reason'] | null {
  const lease = currentLease(task)
  if (lease !== null) {
    if (lease.expiresAt <= now) return 'expired'
    return lease.expiresAt - now <= query.expiringWithinMs ? 'expiring' : null
  }
  if (task.record.status === 'cancel_requested') return 'stopped_unowned'
  return task.record.holdsSlot && now - task.waitingSince >= query.pendingForMs ? 'pending' : null
}
