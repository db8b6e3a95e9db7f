import type { CreateOutcome, OnConflict, TaskDraft, TaskRecord } from '../../store/index.ts'
import { findKey, useKey } from './idempotency-keys.ts'
import { number } from './row.ts'
import { holderOf, queueOf } from './scope-slots.ts'
import { storeSignal } from './signals.ts'
import type { SqliteState } from './sqlite-state.ts'
import { findHead } from './task-head.ts'
import { findRecord, loadRecord } from './task-row.ts'

/** {@link TaskStore.createTask}: same id, then idempotency key, then scope. */
export function createTask(state: SqliteState, draft: TaskDraft, onConflict: OnConflict): CreateOutcome {
  const { session } = state
  const same = findRecord(session, draft.id)
  if (same !== null) return { outcome: 'created', task: same }

  const now = state.now()
  const used = findKey(session, draft, now)
  if (used !== null) {
    if (used.bodyHash !== draft.idempotency?.bodyHash) return { outcome: 'key_mismatch' }
    return { outcome: 'same_key', task: findRecord(session, used.taskId) }
  }

  const holder = draft.scope === null ? null : findHolder(state, draft.scope)
  if (draft.scope === null || holder === null) {
    return { outcome: 'created', task: addTask(state, draft, now, true) }
  }
  return resolveConflict(state, draft, draft.scope, holder, onConflict, now)
}

function findHolder({ session }: SqliteState, scope: string): TaskRecord | null {
  const id = holderOf(session, scope)
  return id === null ? null : findRecord(session, id)
}

function resolveConflict(
  state: SqliteState,
  draft: TaskDraft,
  scope: string,
  holder: TaskRecord,
  onConflict: OnConflict,
  now: number,
): CreateOutcome {
  const { session } = state
  switch (onConflict.policy) {
    case 'reject':
      return { outcome: 'conflict', task: holder }
    case 'attach':
      // The key led to this task: its repeat must lead there too, also when the task has ended since.
      useKey(session, draft, holder.id, now)
      return { outcome: 'attached', task: holder }
    case 'queue':
      if (queueOf(session, scope).length >= onConflict.max) return { outcome: 'queue_full' }
      return { outcome: 'created', task: addTask(state, draft, now, false) }
    case 'replace': {
      // Who is stopped leaves the queue, which makes the new one the first in it. The last one leaves first, so that
      // none moves up on its way out.
      for (const id of [holder.id, ...queueOf(session, scope)].reverse()) {
        const head = findHead(session, id)
        if (head === null) continue
        const stop = { kind: 'stop', key: 'stop', reason: 'replaced', actor: draft.userId } as const
        storeSignal(session, head, stop, now)
      }
      return { outcome: 'created', task: addTask(state, draft, now, false) }
    }
  }
}

function addTask(state: SqliteState, draft: TaskDraft, now: number, holdsSlot: boolean): TaskRecord {
  const { session, ids } = state
  session.run(
    `INSERT INTO outlast_tasks (id, type, user_id, workspace_id, conversation_id, scope, summary, deadline_at,
      status, holds_slot, created_at, updated_at, waiting_since, epoch)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?)`,
    ...[draft.id, draft.type, draft.userId, draft.workspaceId, draft.conversationId, draft.scope],
    ...[draft.summary, draft.deadlineAt, holdsSlot ? 1 : 0, now, now, now, ids.id()],
  )
  const row = session.get('SELECT ref FROM outlast_tasks WHERE id = ?', draft.id)
  if (row === undefined) throw new Error('a task was removed within a transaction')
  const ref = number(row, 'ref')
  session.run('INSERT INTO outlast_inputs VALUES (?, ?, ?)', ref, draft.input, draft.session)
  useKey(session, draft, draft.id, now)
  return loadRecord(session, ref)
}
