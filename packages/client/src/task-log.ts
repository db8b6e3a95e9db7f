import { type Block, type BlocksState, blockFold, initialBlocks, reduceEvents } from '@outlast/core/blocks'
import { type EventPage, isFinalStatus, type SnapshotFrame, type TaskInfo } from '@outlast/core/protocol'
import { TaskClientError } from './errors.ts'

/** What is known of a task: its record, and its log as far as it was read. Plain JSON; never changed in place. */
export interface TaskLog {
  readonly task: TaskInfo | null
  readonly blocks: BlocksState
  /** The first idx that was not read yet. */
  readonly next: number
  /** `null` before the first page. */
  readonly epoch: string | null
  /** Events are missing that the server no longer had, and no snapshot stood in for them. */
  readonly truncated: boolean
  /** The latest page reached the end of the log. */
  readonly upToDate: boolean
  /** Idx below which nothing animates; `null` until the end of the log was reached for the first time. */
  readonly watermark: number | null
}

/** A log of which nothing was read. */
export const emptyLog: TaskLog = {
  task: null,
  blocks: initialBlocks,
  next: 0,
  epoch: null,
  truncated: false,
  upToDate: false,
  watermark: null,
}

/** Whether the task has ended and its whole log was read. */
export function isFinished({ task, upToDate }: TaskLog): boolean {
  return upToDate && task !== null && isFinalStatus(task.status)
}

/** The record that a page carries. */
export function taskOf(page: EventPage): TaskInfo {
  const { events, next_offset, first_idx, epoch, up_to_date, truncated, snapshot, ...rest } = page
  const { poll_interval_ms, viewer, ...task } = rest
  return task
}

/** Whether two records say the same; `elapsed_ms` runs on by itself and is no news. */
export function isSameTask(left: TaskInfo | null, right: TaskInfo): boolean {
  const textOf = (task: TaskInfo | null): string => JSON.stringify({ ...task, elapsed_ms: 0 })
  return textOf(left) === textOf(right)
}

const isIdx = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** @throws TaskClientError `invalid_response` unless `isSound` */
function check(isSound: boolean): asserts isSound {
  if (!isSound) throw new TaskClientError('invalid_response', 'Not a page of a task')
}

/** State of a snapshot that can be shown and folded on. What is in its blocks, the name of its fold vouches for. */
function stateOf({ at, state }: SnapshotFrame): BlocksState {
  const { next, blocks } = (state ?? {}) as { next?: unknown; blocks?: unknown }
  const isBlock = (block: Partial<Block> | null): boolean =>
    typeof block?.key === 'string' && typeof block.type === 'string'
  check(isIdx(next) && next <= at && Array.isArray(blocks) && blocks.every(isBlock))
  return state as BlocksState
}

/**
 * Takes a page in: its snapshot, if it has one, replaces the state, then its events are folded in one batch.
 * Events that were already read change nothing, and a page older than the log changes nothing at all.
 *
 * @returns `null` when the page does not follow the log: a gap, another epoch, or another fold's snapshot
 * @throws TaskClientError `invalid_response` when an idx is no number, or the snapshot's state is none of the fold's
 */
export function applyPage(log: TaskLog, page: EventPage): TaskLog | null {
  const { events, next_offset, first_idx, epoch, up_to_date, truncated, snapshot } = page
  const task = taskOf(page)
  check(isIdx(next_offset))
  if ((log.epoch ?? epoch) !== epoch) return null
  if (next_offset < log.next) return log
  if (snapshot && snapshot.fold !== blockFold.name) return null

  let next = snapshot ? snapshot.at : log.next
  for (const { idx } of events) {
    // The fold skips an event whose idx it cannot read; here it would be gone for good, as the cursor moves past it.
    check(isIdx(idx))
    if (idx > next && !(truncated && idx === first_idx)) return null
    next = Math.max(next, idx + 1)
  }
  if (next < next_offset && !truncated) return null

  return {
    task: isSameTask(log.task, task) ? log.task : task,
    blocks: reduceEvents(snapshot ? stateOf(snapshot) : log.blocks, events),
    next: next_offset,
    epoch,
    truncated: truncated || (log.truncated && !snapshot),
    upToDate: up_to_date,
    watermark: log.watermark ?? (up_to_date ? next_offset : null),
  }
}
