import type { TaskDraft } from '../../store/index.ts'
import { text } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'

/** Expired keys that one create removes: more than one, so that they run out, and few, so that no create waits. */
const sweptPerUse = 16

/** The use of the draft's key that has not expired; a key outlives its task until it does. */
export function findKey(
  session: SqliteSession,
  draft: TaskDraft,
  now: number,
): { taskId: string; bodyHash: string } | null {
  if (draft.idempotency === null) return null
  const row = session.get(
    `SELECT task_id, body_hash FROM outlast_keys
    WHERE user_id = ? AND type = ? AND key = ? AND expires_at > ?`,
    ...[draft.userId, draft.type, draft.idempotency.key, now],
  )
  return row === undefined ? null : { taskId: text(row, 'task_id'), bodyHash: text(row, 'body_hash') }
}

/** Notes that the draft's key, if it has one, led to a task. */
export function useKey(session: SqliteSession, draft: TaskDraft, taskId: string, now: number): void {
  if (draft.idempotency === null) return
  const { key, bodyHash, ttlMs } = draft.idempotency
  session.run(
    `DELETE FROM outlast_keys WHERE rowid IN (SELECT rowid FROM outlast_keys WHERE expires_at <= ? LIMIT ?)`,
    ...[now, sweptPerUse],
  )
  session.run(
    `INSERT INTO outlast_keys (user_id, type, key, task_id, body_hash, expires_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (user_id, type, key) DO UPDATE
    SET task_id = excluded.task_id, body_hash = excluded.body_hash, expires_at = excluded.expires_at`,
    ...[draft.userId, draft.type, key, taskId, bodyHash, now + ttlMs],
  )
}
