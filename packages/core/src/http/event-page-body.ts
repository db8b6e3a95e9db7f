import type { ReadPage } from '../store/index.ts'
import { pollInterval } from './poll-interval.ts'
import type { SettledJson } from './settled-json.ts'
import type { SharedEvents } from './shared-events.ts'
import type { SharedSnapshots } from './shared-snapshots.ts'
import type { SharedBody } from './task-request.ts'
import { elapsedMs } from './to-task-info.ts'

/** Closes the list of events, the page and the answer. */
const endOfEvents = ']}}'

/** Closes the snapshot, the page and the answer. */
const endOfState = '}}}'

/**
 * The answer that carries an `EventPage`, as JSON. Events and the snapshot's state are texts already, and are put in as
 * they are: a poll costs no parsing, however long the log.
 *
 * @param options `viewer` is an id of letters that need no escape in JSON
 */
export function eventPageBody(
  page: ReadPage,
  options: {
    from: number
    now: number
    viewer: string
    settledJson: SettledJson
    sharedEvents: SharedEvents
    sharedSnapshots: SharedSnapshots
  },
): string | SharedBody {
  const { task, snapshot, events } = page
  const { from, now, viewer, settledJson, sharedEvents, sharedSnapshots } = options
  const nextOffset = Math.max(from, page.from + events.length)
  const isUpToDate = nextOffset >= task.nextIdx
  const isTruncated = snapshot === null && from < task.firstIdx
  // Written by hand: it is made anew for every poll, and holds nothing that has to be escaped.
  const own =
    `{"success":true,"data":${settledJson(task)},"elapsed_ms":${elapsedMs(task, now)},"next_offset":${nextOffset},` +
    `"up_to_date":${isUpToDate},"truncated":${isTruncated},"poll_interval_ms":${pollInterval(task, now)},` +
    `"viewer":"${viewer}",`
  if (snapshot !== null) {
    const head = `"snapshot":{"at":${snapshot.at},"fold":${JSON.stringify(snapshot.fold)},"state":`
    const shared = sharedSnapshots(task, snapshot, endOfState)
    return { own: `${own}"events":[${events.join(',')}],${head}`, shared }
  }
  const ownOfEvents = `${own}"snapshot":null,"events":[`
  const shared = sharedEvents(page, endOfEvents)
  return shared === null ? `${ownOfEvents}${events.join(',')}${endOfEvents}` : { own: ownOfEvents, shared }
}
