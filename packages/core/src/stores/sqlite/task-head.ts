import type { TaskStatus } from '../../protocol/index.ts'
import type { LeaseToken } from '../../store/index.ts'
import { flag, number, numberOrNull, text, textOrNull } from './row.ts'
import type { SqliteSession } from './sqlite-session.ts'
import { statusOf, type TaskChanges } from './task-row.ts'

const headColumns = `ref, type, scope, status, holds_slot, attempt, created_at, started_at, revision, epoch, first_idx,
  next_idx, stop_at, lease_token, lease_claim, lease_purpose, lease_expires_at, lease_beat, lease_ended, unsettled,
  promoted, last_at, last_trimmed`

/** Who runs a task. Stays after its end, so that a repeated request can be told from a new one. */
export interface LeaseHead {
  token: LeaseToken
  claimId: string
  purpose: string
  expiresAt: number
  beat: number
  /** Released, or ended with its task. An expired lease that nobody took over has not ended. */
  ended: boolean
}

/** What decides about a call on a task: all that is short. Texts that may be long are read where they are needed. */
export interface TaskHead {
  ref: number
  type: string
  scope: string | null
  status: TaskStatus
  holdsSlot: boolean
  attempt: number
  createdAt: number
  startedAt: number | null
  revision: number
  epoch: string
  firstIdx: number
  nextIdx: number
  stopped: boolean
  lease: LeaseHead | null
  /** How many signals no append has settled. */
  unsettled: number
  /** The task that the final append promoted. */
  promoted: string | null
  /** Idx of the last append's first event; `null` until the present owner has made one. */
  lastAt: number | null
  /** The events of the last append that it trimmed itself, as a JSON array. */
  lastTrimmed: string | null
}

/** The head of a task; `null` when there is none. */
export function findHead(session: SqliteSession, id: string): TaskHead | null {
  const row = session.get(`SELECT ${headColumns} FROM outlast_tasks WHERE id = ?`, id)
  if (row === undefined) return null
  const token = textOrNull(row, 'lease_token')
  return {
    ref: number(row, 'ref'),
    type: text(row, 'type'),
    scope: textOrNull(row, 'scope'),
    status: statusOf(row),
    holdsSlot: flag(row, 'holds_slot'),
    attempt: number(row, 'attempt'),
    createdAt: number(row, 'created_at'),
    startedAt: numberOrNull(row, 'started_at'),
    revision: number(row, 'revision'),
    epoch: text(row, 'epoch'),
    firstIdx: number(row, 'first_idx'),
    nextIdx: number(row, 'next_idx'),
    stopped: numberOrNull(row, 'stop_at') !== null,
    lease:
      token === null
        ? null
        : {
            token,
            claimId: text(row, 'lease_claim'),
            purpose: text(row, 'lease_purpose'),
            expiresAt: number(row, 'lease_expires_at'),
            beat: number(row, 'lease_beat'),
            ended: flag(row, 'lease_ended'),
          },
    unsettled: number(row, 'unsettled'),
    promoted: textOrNull(row, 'promoted'),
    lastAt: numberOrNull(row, 'last_at'),
    lastTrimmed: textOrNull(row, 'last_trimmed'),
  }
}

/** The lease that is neither released nor ended with its task; it may have expired. */
export function currentLease(head: TaskHead): LeaseHead | null {
  return head.lease === null || head.lease.ended ? null : head.lease
}

/** Marks a change of the record or its log. Signals and leases are in neither, so an ETag survives a renewal. */
export function touched(head: { revision: number }, now: number): TaskChanges {
  head.revision++
  return { revision: head.revision, updated_at: now }
}
