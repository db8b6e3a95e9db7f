import type { TaskStore, WorkItem } from '../../store/index.ts'
import { workReasons } from '../shared/work-reasons.ts'
import { placeholders } from './placeholders.ts'
import { number, text, textOrNull } from './row.ts'
import type { SqliteState } from './sqlite-state.ts'

type WorkQuery = Parameters<TaskStore['listWork']>[0]

/** As the index of the leases says it, so that this index is used. */
const owned = 'lease_token IS NOT NULL AND lease_ended = 0'

/** {@link TaskStore.listWork}: a query for each reason, so that none reads through what another one looks for. */
export function listWork({ session, now }: SqliteState, query: WorkQuery): WorkItem[] {
  const time = now()
  const { types, limit } = query
  const ofTypes = types === undefined ? '' : `AND type IN (${placeholders(types)})`
  const conditions: Record<WorkItem['reason'], [sql: string, ...values: (string | number)[]]> = {
    stopped_unowned: [`status = 'cancel_requested' AND NOT (${owned})`],
    expired: [`${owned} AND lease_expires_at <= ?`, time],
    expiring: [
      `${owned} AND lease_expires_at > ? AND lease_expires_at <= ?`,
      ...[time, time + query.expiringWithinMs],
    ],
    pending: [
      `status = 'pending' AND holds_slot = 1 AND NOT (${owned}) AND waiting_since <= ? ${ofTypes}`,
      ...[time - query.pendingForMs, ...(types ?? [])],
    ],
  }
  const values: (string | number)[] = []
  const queries = workReasons.map((reason, place) => {
    const [condition, ...own] = conditions[reason]
    values.push(...own, limit)
    return `SELECT * FROM (
      SELECT ${place} AS place, ref, id, type, lease_beat AS beat,
        IIF(${owned}, lease_token, NULL) AS token
      FROM outlast_tasks WHERE ${condition} ORDER BY ref LIMIT ?
    )`
  })
  return session.all(`${queries.join(' UNION ALL ')} ORDER BY place, ref`, ...values).map((row) => {
    const token = textOrNull(row, 'token')
    return {
      taskId: text(row, 'id'),
      type: text(row, 'type'),
      reason: reasonAt(number(row, 'place')),
      token,
      beat: token === null ? 0 : number(row, 'beat'),
    }
  })
}

function reasonAt(place: number): WorkItem['reason'] {
  const reason = workReasons[place]
  if (reason === undefined) throw new TypeError(`the query answered the unknown reason ${place}`)
  return reason
}
