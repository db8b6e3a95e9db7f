import type { EventPage, SnapshotFrame, TaskEvent, TaskInfo } from '@outlast/core/protocol'
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

/**
 * Follows the log of one task over one connection. Calls `receive` with what came, or with nothing as a sign of life;
 * `receive` never throws. The end of the connection settles the promise. Closed as connections are, it is resolved with
 * the milliseconds after which the server asks to be come back to, `null` when it did not say. In any other case it comes
 * to an error, rejected or resolved. Once the signal fires it closes the connection, and need not settle.
 */
export type FollowStream = (
  cursor: () => Cursor,
  receive: (news: readonly StreamNews[]) => void,
  signal: AbortSignal,
) => Promise<unknown>

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
  const events: TaskEvent[] = []
  const page: EventPage = {
    ...base,
    epoch: epoch ?? base.epoch,
    events,
    next_offset: from,
    up_to_date: false,
    truncated: false,
    snapshot: null,
  }
  for (const item of news) {
    if (item.op === 'reset') return null
    if (item.epoch) page.epoch = item.epoch
    if (item.op === 'end') page.up_to_date = true
    if (item.op === 'status') Object.assign(page, item.task)
    if (item.op === 'snapshot') {
      page.snapshot = item.snapshot
      page.next_offset = item.snapshot.at
    }
    if (item.op === 'events') {
      for (const event of item.events) {
        events.push(event)
        page.next_offset = Math.max(page.next_offset, event.idx + 1)
      }
    }
  }
  return page
}
