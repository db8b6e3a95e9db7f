import type { TaskStatus } from '../../protocol/index.ts'
import type { TaskRecord } from '../../store/index.ts'
import { flag, number, numberOrNull, type Row, text, textOrNull } from './row.ts'
import { queuePosition } from './scope-slots.ts'
import type { SqliteValue } from './sqlite-like.ts'
import type { SqliteSession } from './sqlite-session.ts'

/** The columns that make a record, for a SELECT. Only of a task that waits are those before it counted. */
export const recordColumns: string = `id, type, user_id, workspace_id, conversation_id, scope, summary, deadline_at, status,
  holds_slot, attempt, created_at, started_at, updated_at, finished_at, revision, epoch, first_idx, next_idx,
  snapshot_at, snapshot_fold, stop_reason, stop_actor, stop_at, carry, progress, result, error,
  CASE WHEN holds_slot = 0 AND status = 'pending' THEN ${queuePosition} END AS queue_position`

const statuses: Readonly<Record<TaskStatus, TaskStatus>> = {
  pending: 'pending',
  running: 'running',
  cancel_requested: 'cancel_requested',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'canceled',
}

/** The status in a row. */
export function statusOf(row: Row): TaskStatus {
  const stored = text(row, 'status')
  const status = Object.values(statuses).find((known) => known === stored)
  if (status === undefined) throw new TypeError(`column status holds the unknown status ${stored}`)
  return status
}

/** The record in a row of {@link recordColumns}. */
export function toRecord(row: Row): TaskRecord {
  const snapshotAt = numberOrNull(row, 'snapshot_at')
  const stopAt = numberOrNull(row, 'stop_at')
  return {
    id: text(row, 'id'),
    type: text(row, 'type'),
    userId: text(row, 'user_id'),
    workspaceId: text(row, 'workspace_id'),
    conversationId: textOrNull(row, 'conversation_id'),
    scope: textOrNull(row, 'scope'),
    summary: text(row, 'summary'),
    deadlineAt: numberOrNull(row, 'deadline_at'),
    status: statusOf(row),
    holdsSlot: flag(row, 'holds_slot'),
    queuePosition: numberOrNull(row, 'queue_position'),
    attempt: number(row, 'attempt'),
    createdAt: number(row, 'created_at'),
    startedAt: numberOrNull(row, 'started_at'),
    updatedAt: number(row, 'updated_at'),
    finishedAt: numberOrNull(row, 'finished_at'),
    revision: number(row, 'revision'),
    epoch: text(row, 'epoch'),
    firstIdx: number(row, 'first_idx'),
    nextIdx: number(row, 'next_idx'),
    snapshot: snapshotAt === null ? null : { at: snapshotAt, fold: text(row, 'snapshot_fold') },
    stop:
      stopAt === null
        ? null
        : { reason: text(row, 'stop_reason'), actor: text(row, 'stop_actor'), at: stopAt },
    carry: textOrNull(row, 'carry'),
    progress: textOrNull(row, 'progress'),
    result: textOrNull(row, 'result'),
    error: textOrNull(row, 'error'),
  }
}

/** The record of a task; `null` when there is none. */
export function findRecord(session: SqliteSession, id: string): TaskRecord | null {
  const row = session.get(`SELECT ${recordColumns} FROM outlast_tasks WHERE id = ?`, id)
  return row === undefined ? null : toRecord(row)
}

/** The record of a task that exists. */
export function loadRecord(session: SqliteSession, ref: number): TaskRecord {
  const row = session.get(`SELECT ${recordColumns} FROM outlast_tasks WHERE ref = ?`, ref)
  if (row === undefined) throw new Error('a task was removed within a transaction')
  return toRecord(row)
}

/** The columns that change after a create. */
type ChangingColumn =
  | 'conversation_id'
  | 'status'
  | 'holds_slot'
  | 'attempt'
  | 'started_at'
  | 'updated_at'
  | 'finished_at'
  | 'revision'
  | 'epoch'
  | 'first_idx'
  | 'next_idx'
  | 'snapshot_at'
  | 'snapshot_fold'
  | 'stop_reason'
  | 'stop_actor'
  | 'stop_at'
  | 'lease_token'
  | 'lease_claim'
  | 'lease_owner'
  | 'lease_purpose'
  | 'lease_expires_at'
  | 'lease_beat'
  | 'lease_ended'
  | 'waiting_since'
  | 'unsettled'
  | 'promoted'
  | 'last_at'
  | 'last_trimmed'
  | 'summary'
  | 'carry'
  | 'progress'
  | 'result'
  | 'error'

/** Columns of a task and what they become. */
export type TaskChanges = Partial<Record<ChangingColumn, SqliteValue>>

/** Writes changed columns; each set of columns is one statement, which stays prepared. */
export function updateTask(session: SqliteSession, ref: number, changes: TaskChanges): void {
  const sets = Object.keys(changes).map((column) => `${column} = ?`)
  session.run(`UPDATE outlast_tasks SET ${sets.join(', ')} WHERE ref = ?`, ...Object.values(changes), ref)
}
