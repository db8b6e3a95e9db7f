import type { Json, LeaseToken, Signal, Snapshot, TaskDraft, TaskRecord } from '../../store/index.ts'
import { EventLog } from './event-log.ts'

/** Who runs a task. Stays after its end, so that a repeated request can be told from a new one. */
export interface StoredLease {
  readonly token: LeaseToken
  readonly claimId: string
  readonly owner: string
  readonly purpose: 'run' | 'finish'
  expiresAt: number
  /** +1 on every renewal. */
  beat: number
  /** Released, or ended with its task. An expired lease that nobody took over has not ended. */
  ended: boolean
}

/** A snapshot as it came. Its text may not have been made yet, so only a reader that needs it touches it. */
export interface StoredSnapshot {
  readonly source: Readonly<Snapshot>
  /** UTF-8 bytes of its text; `null` until somebody has weighed it. */
  bytes: number | null
}

/** A task as this store keeps it; only {@link copyRecord} makes what is handed out. */
export interface StoredTask {
  /** Changed in place; the objects in it are frozen and are replaced instead. */
  readonly record: TaskRecord
  /** `input` and `session` are dropped when the task ends: nobody can claim it any more. */
  input: Json
  session: Json | null
  log: EventLog
  snapshot: StoredSnapshot | null
  lease: StoredLease | null
  /** Keys ever written; a settled one stays, because only the first write of a key counts. */
  signals: Set<Signal['key']> | null
  /** Signals that no append has settled, in the order they came. */
  unsettled: Signal[]
  /** When it last began to wait with a slot. */
  waitingSince: number
  /** The last append, for its exact repeat; `lastAt` is `null` until the present owner has made one. */
  lastAt: number | null
  lastEvents: readonly Json[]
  /** The task that the final append promoted. */
  promoted: string | null
}

const noEvents: readonly never[] = Object.freeze([])

/** The stored form of a draft; `holdsSlot` says whether it may run at once. */
export function newStoredTask(
  draft: TaskDraft,
  at: { now: number; epoch: string; holdsSlot: boolean },
): StoredTask {
  return {
    record: {
      id: draft.id,
      type: draft.type,
      userId: draft.userId,
      workspaceId: draft.workspaceId,
      conversationId: draft.conversationId,
      scope: draft.scope,
      summary: draft.summary,
      deadlineAt: draft.deadlineAt,
      status: 'pending',
      holdsSlot: at.holdsSlot,
      queuePosition: null,
      attempt: 0,
      createdAt: at.now,
      startedAt: null,
      updatedAt: at.now,
      finishedAt: null,
      revision: 1,
      epoch: at.epoch,
      firstIdx: 0,
      nextIdx: 0,
      snapshot: null,
      stop: null,
      carry: null,
      progress: null,
      result: null,
      error: null,
    },
    input: draft.input,
    session: draft.session,
    log: new EventLog(),
    snapshot: null,
    lease: null,
    signals: null,
    unsettled: [],
    waitingSince: at.now,
    lastAt: null,
    lastEvents: noEvents,
    promoted: null,
  }
}

/** The record as it stands, for a caller to keep: later changes do not show in it. */
export function copyRecord(task: StoredTask): TaskRecord {
  return { ...task.record }
}

/** Marks a change of the record or its log. Signals and leases are in neither, so an ETag survives a renewal. */
export function touch(task: StoredTask, now: number): void {
  task.record.revision++
  task.record.updatedAt = now
}

/** The lease that is neither released nor ended with its task; it may have expired. */
export function currentLease(task: StoredTask): StoredLease | null {
  return task.lease === null || task.lease.ended ? null : task.lease
}
