import { isFinalStatus } from '../../protocol/index.ts'
import type { Append, AppendOutcome } from '../../store/index.ts'
import { EventLog } from './event-log.ts'
import type { MemoryState } from './memory-state.ts'
import { settleSignals, unsettledSignals } from './signals.ts'
import { currentLease, type StoredTask, touch } from './stored-task.ts'

/** One element of {@link TaskStore.append}: refused before anything is written, or written whole. */
export function appendEvents(state: MemoryState, append: Append, now: number): AppendOutcome {
  const task = state.tasks.get(append.taskId)
  if (task === undefined) return { outcome: 'not_found' }
  if (isFinalStatus(task.record.status)) {
    return repeatsLastAppend(task, append) ? written(task) : { outcome: 'finished' }
  }
  if (currentLease(task)?.token !== append.token) return { outcome: 'fenced' }
  if (repeatsLastAppend(task, append)) return written(task)
  if (append.at !== task.log.next && append.newEpoch === undefined) {
    return { outcome: 'gap', nextIdx: task.log.next }
  }
  if (append.unlessStopped && task.record.stop !== null) {
    return { outcome: 'stopped', signals: unsettledSignals(task) }
  }

  writeLog(task, append)
  writeFields(task, append)
  touch(task, now)
  if (append.final !== undefined) endTask(state, task, append.final, now)
  return written(task)
}

/**
 * Whether this very append was the last one of the present owner. One without events is never taken for a repeat: it
 * says the same twice, so writing it again is harmless, while skipping its gate would not be.
 */
function repeatsLastAppend(task: StoredTask, append: Append): boolean {
  const { lastAt, lastEvents } = task
  if (append.at !== lastAt || append.events.length === 0 || append.token !== task.lease?.token) return false
  if (append.newEpoch !== undefined && append.newEpoch !== task.record.epoch) return false
  return (
    append.events.length === lastEvents.length && append.events.every((text, i) => text === lastEvents[i])
  )
}

function written(task: StoredTask): AppendOutcome {
  const nextIdx = task.log.next
  const signals = unsettledSignals(task)
  return task.promoted === null
    ? { outcome: 'ok', nextIdx, signals }
    : { outcome: 'ok', nextIdx, signals, promoted: task.promoted }
}

function writeLog(task: StoredTask, append: Append): void {
  const { record } = task
  if (append.newEpoch !== undefined) {
    record.epoch = append.newEpoch
    record.snapshot = null
    task.snapshot = null
    task.log = new EventLog(append.at)
  }
  task.log.append(append.events)
  task.lastAt = append.at
  task.lastEvents = append.events
  if (append.snapshot !== undefined) {
    const { at, fold } = append.snapshot
    task.snapshot = { source: append.snapshot, bytes: null }
    record.snapshot = Object.freeze({ at, fold })
  }
  if (append.trimTo !== undefined) task.log.trim(append.trimTo)
  record.firstIdx = task.log.first
  record.nextIdx = task.log.next
}

function writeFields(task: StoredTask, append: Append): void {
  const { record } = task
  if (append.settles !== undefined) settleSignals(task, append.settles)
  if (append.carry !== undefined) record.carry = append.carry
  const { patch } = append
  if (patch === undefined) return
  if (patch.conversationId !== undefined) record.conversationId = patch.conversationId
  if (patch.summary !== undefined) record.summary = patch.summary
  if (patch.progress !== undefined) record.progress = patch.progress
}

/** Writes the end, and in the same step frees the slot, promotes the next task and ends the lease. */
function endTask(
  state: MemoryState,
  task: StoredTask,
  final: NonNullable<Append['final']>,
  now: number,
): void {
  const { record } = task
  state.tasks.setStatus(task, final.status)
  record.finishedAt = now
  record.result = final.result ?? null
  record.error = final.error ?? null
  record.holdsSlot = false
  if (final.status === 'succeeded')
    state.durations.add(record.type, now - (record.startedAt ?? record.createdAt))
  if (task.lease !== null) task.lease.ended = true
  if (task.snapshot !== null) {
    // Its text is all that a finished task keeps of it, not what the text is made from.
    const { at, fold, state } = task.snapshot.source
    task.snapshot = { source: { at, fold, state }, bytes: task.snapshot.bytes }
  }
  task.unsettled = []
  task.input = ''
  task.session = null

  const next = state.slots.leave(task, now)
  if (next === null) return
  next.record.holdsSlot = true
  next.waitingSince = now
  touch(next, now)
  task.promoted = next.record.id
}
