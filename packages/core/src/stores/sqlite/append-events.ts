import { isFinalStatus } from '../../protocol/index.ts'
import type { Append, AppendOutcome } from '../../store/index.ts'
import { appendFields } from './append-fields.ts'
import { endTask } from './end-task.ts'
import { deleteEvents, insertEvents, trimEvents } from './event-rows.ts'
import { extendLog } from './extend-log.ts'
import { repeatsLastAppend } from './repeats-last-append.ts'
import { settleSignals, unsettledSignals } from './signals.ts'
import type { SqliteSession } from './sqlite-session.ts'
import { currentLease, findHead, type TaskHead, touched } from './task-head.ts'
import { type TaskChanges, updateTask } from './task-row.ts'

/**
 * One element of {@link TaskStore.append}, within the transaction of its batch: refused before anything is written, or
 * written whole. Only a failure of the database breaks off after a write, and takes the whole batch back.
 */
export function appendEvents(session: SqliteSession, append: Append, now: number): AppendOutcome {
  return extendLog(session, append, now) ?? appendByHead(session, append, now)
}

/** Any append: the head of the task decides. */
function appendByHead(session: SqliteSession, append: Append, now: number): AppendOutcome {
  const head = findHead(session, append.taskId)
  if (head === null) return { outcome: 'not_found' }
  if (isFinalStatus(head.status)) {
    return repeatsLastAppend(session, head, append) ? written(session, head) : { outcome: 'finished' }
  }
  if (currentLease(head)?.token !== append.token) return { outcome: 'fenced' }
  if (repeatsLastAppend(session, head, append)) return written(session, head)
  if (append.at !== head.nextIdx && append.newEpoch === undefined) {
    return { outcome: 'gap', nextIdx: head.nextIdx }
  }
  if (append.unlessStopped && head.stopped) {
    return { outcome: 'stopped', signals: unsettledSignals(session, head) }
  }

  if (append.settles !== undefined) settleSignals(session, head, append.settles)
  updateTask(session, head.ref, {
    ...touched(head, now),
    ...writeLog(session, head, append),
    ...appendFields(append),
    unsettled: head.unsettled,
  })
  if (append.final !== undefined) endTask(session, head, append.final, now)
  return written(session, head)
}

function written(session: SqliteSession, head: TaskHead): AppendOutcome {
  const { nextIdx, promoted } = head
  const signals = unsettledSignals(session, head)
  return promoted === null
    ? { outcome: 'ok', nextIdx, signals }
    : { outcome: 'ok', nextIdx, signals, promoted }
}

/** Writes the log and the snapshot; answers what becomes of the task's columns. */
function writeLog(session: SqliteSession, head: TaskHead, append: Append): TaskChanges {
  const { ref } = head
  const { at, events, snapshot, newEpoch } = append
  const changes: TaskChanges = {}
  if (newEpoch !== undefined) {
    deleteEvents(session, ref)
    session.run('DELETE FROM outlast_snapshots WHERE task = ?', ref)
    head.firstIdx = at
    Object.assign(changes, { epoch: newEpoch, snapshot_at: null, snapshot_fold: null })
  }
  head.nextIdx = at + events.length
  const trimmed = Math.max(head.firstIdx, Math.min(append.trimTo ?? 0, head.nextIdx))
  if (trimmed > head.firstIdx) trimEvents(session, ref, trimmed)
  head.firstIdx = trimmed
  // What it trims itself is kept aside for its exact repeat; of all else the rows tell whether it is one.
  const skipped = Math.max(0, trimmed - at)
  insertEvents(session, append.taskId, at + skipped, skipped === 0 ? events : events.slice(skipped))
  if (snapshot !== undefined) {
    session.run(
      `INSERT INTO outlast_snapshots VALUES (?, ?, ?)
      ON CONFLICT (task) DO UPDATE SET bytes = excluded.bytes, state = excluded.state`,
      ...[ref, Buffer.byteLength(snapshot.state), snapshot.state],
    )
    Object.assign(changes, { snapshot_at: snapshot.at, snapshot_fold: snapshot.fold })
  }
  return {
    ...changes,
    first_idx: head.firstIdx,
    next_idx: head.nextIdx,
    last_at: at,
    last_trimmed: skipped === 0 ? null : JSON.stringify(events.slice(0, skipped)),
  }
}
