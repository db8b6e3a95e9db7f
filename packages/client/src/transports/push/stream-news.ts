import type { EventPage, SnapshotFrame, TaskEvent, TaskInfo } from '@outlast/core/protocol'
import type { TaskClientError } from '../../errors.ts'
import type { Cursor } from '../transport.ts'

/**
 * One piece of news of a task, as servers push it. `reset`: the cursor is void, or events are gone. `end`: the task is
 * over and everything was sent. Of what a newer server sends nothing is known, and nothing done.
 */
export type StreamNews =
  | { op: 'events'; events: readonly TaskEvent[]; epoch?: string }
  | { op: 'status'; task: TaskInfo; epoch?: string }
  | { op: 'snapshot'; snapshot: SnapshotFrame; epoch?: string }
  | { op: 'reset' | 'end'; epoch?: string }

/** How a connection ended that was open. */
export interface StreamEnd {
  /** `null` when it was closed as connections are. */
  error: TaskClientError | null
  /** Milliseconds after which the server asks to be come back to; `null` when it did not say. */
  delayMs: number | null
}

/**
 * Follows the log of one task over one connection. Calls `receive` with what came, or with nothing as a sign of life,
 * and lets what that throws reject the promise; resolves when the connection has ended. Once the signal fires it closes
 * the connection, calls nothing any more, and need not settle.
 */
export type FollowStream = (
  cursor: () => Cursor,
  receive: (news: readonly StreamNews[]) => void,
  signal: AbortSignal,
) => Promise<StreamEnd>

/**
 * What came at once, as one page that reads on from the cursor; it is up to date when the log has ended.
 *
 * @param base the latest page, of which the task's record is taken
 * @returns `null` when the server says that the cursor leads nowhere
 */
export function pageOf(
  base: EventPage,
  { from, epoch }: Cursor,
  news: readonly StreamNews[],
): EventPage | null {
  let page: EventPage = {
    ...base,
    epoch: epoch ?? base.epoch,
    up_to_date: false,
    truncated: false,
    snapshot: null,
  }
  let events: TaskEvent[] = []
  let next = from
  for (const item of news) {
    if (item.epoch) page.epoch = item.epoch
    if (item.op === 'status') page = { ...page, ...item.task }
    if (item.op === 'events') {
      for (const event of item.events) {
        events.push(event)
        next = Math.max(next, event.idx + 1)
      }
    }
    if (item.op === 'snapshot') {
      page.snapshot = item.snapshot
      events = []
      next = item.snapshot.at
    }
    if (item.op === 'reset') return null
    if (item.op === 'end') page.up_to_date = true
  }
  return { ...page, events, next_offset: next }
}
