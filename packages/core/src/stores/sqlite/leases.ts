import { isFinalStatus } from '../../protocol/index.ts'
import type { Claim, LeaseAnswer, LeaseToken, TaskStore } from '../../store/index.ts'
import { mayTakeOver } from '../shared/may-take-over.ts'
import { text, textOrNull } from './row.ts'
import { unsettledSignals } from './signals.ts'
import type { SqliteSession } from './sqlite-session.ts'
import type { SqliteState } from './sqlite-state.ts'
import { currentLease, findHead, type TaskHead, touched } from './task-head.ts'
import { loadRecord, type TaskChanges, updateTask } from './task-row.ts'

type AcquireQuery = Parameters<TaskStore['acquireLease']>[1]
type AcquireAnswer = Awaited<ReturnType<TaskStore['acquireLease']>>

/** {@link TaskStore.acquireLease} */
export function acquireLease(state: SqliteState, id: string, query: AcquireQuery): AcquireAnswer {
  const { session } = state
  const head = findHead(session, id)
  if (head === null) return { outcome: 'not_found' }
  if (isFinalStatus(head.status)) return { outcome: 'finished' }
  // Also when that lease was released since: a late copy of the request must not take the task again.
  if (head.lease?.claimId === query.claimId) return claim(session, head, head.lease.token)

  const now = state.now()
  const held = currentLease(head)
  if (held !== null && !mayTakeOver(held, query.seen, now)) return { outcome: 'held' }
  if (query.purpose === 'run' && !head.holdsSlot) return { outcome: 'queued' }

  const token = state.ids.token()
  updateTask(session, head.ref, {
    lease_token: token,
    lease_claim: query.claimId,
    lease_owner: query.owner,
    lease_purpose: query.purpose,
    lease_expires_at: now + query.ttlMs,
    lease_beat: 0,
    lease_ended: 0,
    // The exact repeat of an append is its own sender's right.
    last_at: null,
    last_trimmed: null,
    ...(query.purpose === 'run' ? newAttempt(head, now) : {}),
  })
  return claim(session, head, token)
}

/** {@link TaskStore.checkLeases} */
export function checkLeases(
  { session, now }: SqliteState,
  own: readonly { taskId: string; token: LeaseToken }[],
  renewMs: number | undefined,
): LeaseAnswer[] {
  const time = now()
  return own.map(({ taskId, token }) => {
    const head = findHead(session, taskId)
    const lease = head === null ? null : currentLease(head)
    if (head === null || lease?.token !== token) return { taskId, state: 'lost' }
    if (renewMs !== undefined) {
      updateTask(session, head.ref, { lease_expires_at: time + renewMs, lease_beat: lease.beat + 1 })
    }
    return { taskId, state: 'held', signals: unsettledSignals(session, head) }
  })
}

/** {@link TaskStore.releaseLease} */
export function releaseLease(
  { session, now }: SqliteState,
  id: string,
  token: LeaseToken,
  refundAttempt: boolean,
): 'released' | 'fenced' {
  const head = findHead(session, id)
  if (head?.lease?.token !== token || isFinalStatus(head.status)) return 'fenced'
  // The repeat of a release whose answer was lost.
  if (head.lease.ended) return 'released'

  const time = now()
  const refunded = refundAttempt && head.lease.purpose === 'run'
  const waits = head.status === 'running'
  updateTask(session, head.ref, {
    lease_ended: 1,
    waiting_since: time,
    ...(refunded ? { attempt: head.attempt - 1 } : {}),
    ...(waits ? { status: 'pending' } : {}),
    ...(waits || refunded ? touched(head, time) : {}),
  })
  return 'released'
}

function newAttempt(head: TaskHead, now: number): TaskChanges {
  return {
    ...touched(head, now),
    attempt: head.attempt + 1,
    started_at: head.startedAt ?? now,
    status: head.status === 'pending' ? 'running' : head.status,
  }
}

function claim(session: SqliteSession, head: TaskHead, token: LeaseToken): Claim {
  const row = session.get('SELECT input, session FROM outlast_inputs WHERE task = ?', head.ref)
  if (row === undefined) throw new Error('a task that has not ended has lost its input')
  return {
    outcome: 'acquired',
    token,
    task: loadRecord(session, head.ref),
    input: text(row, 'input'),
    session: textOrNull(row, 'session'),
    signals: unsettledSignals(session, head),
  }
}
