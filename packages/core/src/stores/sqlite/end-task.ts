import type { Append } from '../../store/index.ts'
import { keptDurations } from '../shared/kept-durations.ts'
import { leaveQueue, moveUpBehind, nextInQueue } from './scope-slots.ts'
import type { SqliteSession } from './sqlite-session.ts'
import { type TaskHead, touched } from './task-head.ts'
import { updateTask } from './task-row.ts'

/** Writes the end, and in the same step frees the slot, promotes the next task and ends the lease. */
export function endTask(
  session: SqliteSession,
  head: TaskHead,
  final: NonNullable<Append['final']>,
  now: number,
): void {
  leaveQueue(session, head, now)
  head.status = final.status
  head.unsettled = 0
  updateTask(session, head.ref, {
    status: final.status,
    finished_at: now,
    result: final.result ?? null,
    error: final.error ?? null,
    holds_slot: 0,
    lease_ended: 1,
    unsettled: 0,
  })
  // Nobody can claim it or send to it any more.
  session.run('DELETE FROM outlast_inputs WHERE task = ?', head.ref)
  session.run('DELETE FROM outlast_signals WHERE task = ?', head.ref)
  if (final.status === 'succeeded') addDuration(session, head.type, now - (head.startedAt ?? head.createdAt))
  if (head.holdsSlot && head.scope !== null) promoteNext(session, head, head.scope, now)
}

function promoteNext(session: SqliteSession, head: TaskHead, scope: string, now: number): void {
  const next = nextInQueue(session, scope)
  if (next === null) return
  updateTask(session, next.ref, { ...touched(next, now), holds_slot: 1, waiting_since: now })
  moveUpBehind(session, scope, next.ref, now)
  updateTask(session, head.ref, { promoted: next.id })
  head.promoted = next.id
}

function addDuration(session: SqliteSession, type: string, ms: number): void {
  session.run('INSERT INTO outlast_durations (type, ms) VALUES (?, ?)', type, ms)
  session.run(
    `DELETE FROM outlast_durations WHERE type = ? AND seq <= (
      SELECT seq FROM outlast_durations WHERE type = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
    ...[type, type, keptDurations],
  )
}
