import { isFinalStatus } from '../../protocol/index.ts'
import type { Claim, LeaseAnswer, LeaseToken, TaskStore } from '../../store/index.ts'
import { mayTakeOver } from '../shared/may-take-over.ts'
import type { MemoryState } from './memory-state.ts'
import { unsettledSignals } from './signals.ts'
import { copyRecord, currentLease, type StoredLease, type StoredTask, touch } from './stored-task.ts'

type AcquireQuery = Parameters<TaskStore['acquireLease']>[1]
type AcquireAnswer = Awaited<ReturnType<TaskStore['acquireLease']>>

/** {@link TaskStore.acquireLease} */
export function acquireLease(state: MemoryState, id: string, query: AcquireQuery): AcquireAnswer {
  const task = state.tasks.get(id)
  if (task === undefined) return { outcome: 'not_found' }
  if (isFinalStatus(task.record.status)) return { outcome: 'finished' }
  // Also when that lease was released since: a late copy of the request must not take the task again.
  if (task.lease?.claimId === query.claimId) return claim(task, task.lease)

  const now = state.now()
  const held = currentLease(task)
  if (held !== null && !mayTakeOver(held, query.seen, now)) return { outcome: 'held' }
  if (query.purpose === 'run' && !task.record.holdsSlot) return { outcome: 'queued' }

  task.lease = {
    token: state.ids.token(),
    claimId: query.claimId,
    owner: query.owner,
    purpose: query.purpose,
    expiresAt: now + query.ttlMs,
    beat: 0,
    ended: false,
  }
  // The exact repeat of an append is its own sender's right.
  task.lastAt = null
  if (query.purpose === 'run') beginAttempt(state, task, now)
  return claim(task, task.lease)
}

/** {@link TaskStore.checkLeases} */
export function checkLeases(
  state: MemoryState,
  own: readonly { taskId: string; token: LeaseToken }[],
  renewMs: number | undefined,
): LeaseAnswer[] {
  const now = state.now()
  return own.map(({ taskId, token }) => {
    const task = state.tasks.get(taskId)
    const lease = task === undefined ? null : currentLease(task)
    if (task === undefined || lease?.token !== token) return { taskId, state: 'lost' }
    if (renewMs !== undefined) {
      lease.expiresAt = now + renewMs
      lease.beat++
    }
    return { taskId, state: 'held', signals: unsettledSignals(task) }
  })
}

/** {@link TaskStore.releaseLease} */
export function releaseLease(
  state: MemoryState,
  id: string,
  token: LeaseToken,
  refundAttempt: boolean,
): 'released' | 'fenced' {
  const task = state.tasks.get(id)
  const lease = task?.lease
  if (task === undefined || lease?.token !== token || isFinalStatus(task.record.status)) return 'fenced'
  // The repeat of a release whose answer was lost.
  if (lease.ended) return 'released'

  const now = state.now()
  lease.ended = true
  task.waitingSince = now
  const refunded = refundAttempt && lease.purpose === 'run'
  if (refunded) task.record.attempt--
  const waits = task.record.status === 'running'
  if (waits) state.tasks.setStatus(task, 'pending')
  if (waits || refunded) touch(task, now)
  return 'released'
}

function beginAttempt(state: MemoryState, task: StoredTask, now: number): void {
  task.record.attempt++
  task.record.startedAt ??= now
  if (task.record.status === 'pending') state.tasks.setStatus(task, 'running')
  touch(task, now)
}

function claim(task: StoredTask, lease: StoredLease): Claim {
  return {
    outcome: 'acquired',
    token: lease.token,
    task: copyRecord(task),
    input: task.input,
    session: task.session,
    signals: unsettledSignals(task),
  }
}
