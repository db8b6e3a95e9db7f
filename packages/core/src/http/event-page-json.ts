import type { EventPage } from '../protocol/index.ts'
import type { ReadPage, Snapshot } from '../store/index.ts'
import { pollInterval } from './poll-interval.ts'
import { toTaskInfo } from './to-task-info.ts'

/**
 * The JSON text of an {@link EventPage}. Events and the snapshot's state are texts already, and are put in as they
 * are: a poll costs no parsing, however long the log.
 */
export function eventPageJson(
  { task, snapshot, from: firstSent, events }: ReadPage,
  { from, now, viewer }: { from: number; now: number; viewer: string },
): string {
  const nextOffset = Math.max(from, firstSent + events.length)
  const head: Omit<EventPage, 'events' | 'snapshot'> = {
    ...toTaskInfo(task, now),
    next_offset: nextOffset,
    first_idx: task.firstIdx,
    epoch: task.epoch,
    up_to_date: nextOffset >= task.nextIdx,
    truncated: snapshot === null && from < task.firstIdx,
    poll_interval_ms: pollInterval(task, now),
    viewer,
  }
  const opened = JSON.stringify(head).slice(0, -1)
  return `${opened},"snapshot":${snapshotJson(snapshot)},"events":[${events.join(',')}]}`
}

function snapshotJson(snapshot: Snapshot | null): string {
  if (snapshot === null) return 'null'
  return `{"at":${snapshot.at},"fold":${JSON.stringify(snapshot.fold)},"state":${snapshot.state}}`
}
