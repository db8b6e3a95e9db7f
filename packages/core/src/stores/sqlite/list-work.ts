import type { TaskStore, WorkItem } from '../../store/index.ts'
import { placeholders } from './placeholders.ts'
import { number, text, textOrNull } from './row.ts'
import type { SqliteState } from './sqlite-state.ts'

type WorkQuery = Parameters<TaskStore['listWork']>[0]

const reasons: Readonly<Record<WorkItem['reason'], WorkItem['reason']>> = {
  pending: 'pending',
  expiring: 'expiring',
  expired: 'expired',
  stopped_unowned: 'stopped_unowned',
}

/** {@link TaskStore.listWork}, oldest tasks first. */
export function listWork({ session, now }: SqliteState, query: WorkQuery): WorkItem[] {
  const time = now()
  const { types, limit } = query
  const ofTypes = types === undefined ? '' : `AND type IN (${placeholders(types)})`
  return session
    .all(
      `SELECT id, type, reason, IIF(owned, lease_token, NULL) AS token, IIF(owned, lease_beat, 0) AS beat FROM (
        SELECT *, CASE
          WHEN owned AND lease_expires_at <= ? THEN 'expired'
          WHEN owned THEN IIF(lease_expires_at <= ?, 'expiring', NULL)
          WHEN status = 'cancel_requested' THEN 'stopped_unowned'
          WHEN holds_slot = 1 AND waiting_since <= ? THEN 'pending'
        END AS reason FROM (
          SELECT *, lease_token IS NOT NULL AND lease_ended = 0 AS owned FROM outlast_tasks
          WHERE status IN ('pending', 'running', 'cancel_requested') ${ofTypes}
        )
      ) WHERE reason IS NOT NULL ORDER BY ref LIMIT ?`,
      ...[time, time + query.expiringWithinMs, time - query.pendingForMs],
      ...[...(types ?? []), limit],
    )
    .map((row) => ({
      taskId: text(row, 'id'),
      type: text(row, 'type'),
      reason: reasonOf(text(row, 'reason')),
      token: textOrNull(row, 'token'),
      beat: number(row, 'beat'),
    }))
}

function reasonOf(stored: string): WorkItem['reason'] {
  const reason = Object.values(reasons).find((known) => known === stored)
  if (reason === undefined) throw new TypeError(`the query answered the unknown reason ${stored}`)
  return reason
}
