import { isFinalStatus } from '../../protocol/index.ts'
import type { Signal, TaskStore } from '../../store/index.ts'
import { number, text } from './row.ts'
import { leaveQueue } from './scope-slots.ts'
import type { SqliteSession } from './sqlite-session.ts'
import type { SqliteState } from './sqlite-state.ts'
import { currentLease, findHead, type TaskHead, touched } from './task-head.ts'
import { updateTask } from './task-row.ts'

/** What is handed to the owner with every answer; the count in the head spares most tasks the query. */
export function unsettledSignals(session: SqliteSession, head: TaskHead): readonly Signal[] {
  if (head.unsettled === 0) return []
  return session
    .all('SELECT body FROM outlast_signals WHERE task = ? AND body IS NOT NULL ORDER BY seq', head.ref)
    .map((row): Signal => JSON.parse(text(row, 'body')))
}

/** Takes note that the effect of these signals is in the log. The keys stay, but for a canceled call: it may be made again. */
export function settleSignals(session: SqliteSession, head: TaskHead, keys: readonly Signal['key'][]): void {
  if (head.unsettled === 0) return
  for (const key of keys) {
    const isForgotten = key.startsWith('tool:')
    const statement = isForgotten ? 'DELETE FROM outlast_signals' : 'UPDATE outlast_signals SET body = NULL'
    session.run(`${statement} WHERE task = ? AND key = ?`, head.ref, key)
  }
  const left = session.get(
    'SELECT COUNT(*) AS unsettled FROM outlast_signals WHERE task = ? AND body IS NOT NULL',
    head.ref,
  )
  head.unsettled = left === undefined ? 0 : number(left, 'unsettled')
}

/** Stores a signal of a task that is not final, unless its key was written before; answers whether it did. */
export function storeSignal(session: SqliteSession, head: TaskHead, signal: Signal, now: number): boolean {
  const { ref } = head
  const { key } = signal
  if (session.get('SELECT 1 FROM outlast_signals WHERE task = ? AND key = ?', ref, key) !== undefined) {
    return false
  }
  const body = JSON.stringify(signal)
  session.run('INSERT INTO outlast_signals (task, key, body) VALUES (?, ?, ?)', ref, key, body)
  head.unsettled++
  if (signal.kind !== 'stop') {
    updateTask(session, ref, { unsettled: head.unsettled })
    return true
  }
  leaveQueue(session, head, now)
  head.status = 'cancel_requested'
  head.stopped = true
  updateTask(session, ref, {
    ...touched(head, now),
    unsettled: head.unsettled,
    status: head.status,
    stop_reason: signal.reason,
    stop_actor: signal.actor,
    stop_at: now / 1_000,
  })
  return true
}

/** {@link TaskStore.signal} */
export function sendSignal(
  { session, now }: SqliteState,
  id: string,
  signal: Signal,
): Awaited<ReturnType<TaskStore['signal']>> {
  const head = findHead(session, id)
  if (head === null) return { outcome: 'not_found', owned: false }
  if (isFinalStatus(head.status)) return { outcome: 'finished', owned: false, status: head.status }
  const stored = storeSignal(session, head, signal, now())
  // An expired lease still counts as an owner: only who has watched it expire may take the task over.
  const owned = currentLease(head) !== null
  return { outcome: stored ? 'accepted' : 'already', owned, status: head.status }
}
