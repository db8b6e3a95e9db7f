import type { CreateOutcome, OnConflict, TaskDraft } from '../../store/index.ts'
import type { MemoryState } from './memory-state.ts'
import { storeSignal } from './signals.ts'
import { copyRecord, newStoredTask, type StoredTask } from './stored-task.ts'

/** {@link TaskStore.createTask}: same id, then idempotency key, then scope. */
export function createTask(state: MemoryState, draft: TaskDraft, onConflict: OnConflict): CreateOutcome {
  const same = state.tasks.get(draft.id)
  if (same !== undefined) return { outcome: 'created', task: copyRecord(same) }

  const now = state.now()
  const used = state.keys.find(draft, now)
  if (used !== null) {
    if (used.bodyHash !== draft.idempotency?.bodyHash) return { outcome: 'key_mismatch' }
    const task = state.tasks.get(used.taskId)
    return { outcome: 'same_key', task: task === undefined ? null : copyRecord(task) }
  }

  const holder = draft.scope === null ? null : state.slots.holder(draft.scope)
  if (draft.scope === null || holder === null) {
    const task = addTask(state, draft, now, true)
    if (draft.scope !== null) state.slots.hold(draft.scope, task)
    return { outcome: 'created', task: copyRecord(task) }
  }
  return resolveConflict(state, draft, draft.scope, holder, onConflict, now)
}

function resolveConflict(
  state: MemoryState,
  draft: TaskDraft,
  scope: string,
  holder: StoredTask,
  onConflict: OnConflict,
  now: number,
): CreateOutcome {
  switch (onConflict.policy) {
    case 'reject':
      return { outcome: 'conflict', task: copyRecord(holder) }
    case 'attach':
      // The key led to this task: its repeat must lead there too, also when the task has ended since.
      state.keys.use(draft, holder.record.id, now)
      return { outcome: 'attached', task: copyRecord(holder) }
    case 'queue':
      if (state.slots.queued(scope).length >= onConflict.max) return { outcome: 'queue_full' }
      return { outcome: 'created', task: enqueueTask(state, draft, scope, now) }
    case 'replace': {
      const actor = draft.userId
      // A copy, since a stopped task leaves the queue; that also makes the new one the first in it. The last one leaves
      // first, so that none moves up on its way out.
      for (const task of [holder, ...state.slots.queued(scope)].reverse()) {
        storeSignal(state, task, { kind: 'stop', key: 'stop', reason: 'replaced', actor }, now)
      }
      return { outcome: 'created', task: enqueueTask(state, draft, scope, now) }
    }
  }
}

function enqueueTask(state: MemoryState, draft: TaskDraft, scope: string, now: number): StoredTask['record'] {
  const task = addTask(state, draft, now, false)
  state.slots.enqueue(scope, task)
  return copyRecord(task)
}

function addTask(state: MemoryState, draft: TaskDraft, now: number, holdsSlot: boolean): StoredTask {
  const task = newStoredTask(draft, { now, epoch: state.ids.id(), holdsSlot })
  state.tasks.add(task)
  state.keys.use(draft, draft.id, now)
  return task
}
