import { isFinalStatus } from '../../protocol/index.ts'
import type { ReadPage } from '../../store/index.ts'
import { entityTag, matchesTag } from '../entity-tag.ts'
import { readLogPage } from './read-log-page.ts'
import type { ReadQuery } from './read-query.ts'
import type { RouteCall } from './route.ts'

/** A long-poll: the first page that has news for whoever asks, or the one that there is when the time is over. */
export async function waitForNews(
  call: RouteCall,
  query: ReadQuery,
  { first, waitMs }: { first: ReadPage; waitMs: number },
): Promise<ReadPage> {
  if (isNews(first, query)) return first
  const { context, request, viewer, taskId } = call
  // It counts among the user's open requests for as long as it waits.
  const leave = context.hub.wait(viewer.userId)
  try {
    const deadline = context.now() + waitMs
    const { status, queuePosition } = first.task
    const isWhereItWas = ({ task }: ReadPage): boolean =>
      task.status === status && task.queuePosition === queuePosition
    let page = first
    let remaining = waitMs
    while (remaining > 0 && isWhereItWas(page) && !isNews(page, query)) {
      const { revision } = page.task
      const wait = { revision, waitMs: remaining, signal: request.signal }
      if ((await context.manager.waitForChange(taskId, wait)) !== 'changed') return page
      page = await readLogPage(call, query)
      remaining = deadline - context.now()
    }
    return page
  } finally {
    leave()
  }
}

function isNews({ task, events, snapshot }: ReadPage, { events: asked, knownTag }: ReadQuery): boolean {
  if (events.length > 0 || snapshot !== null || isFinalStatus(task.status)) return true
  // Behind the cap, or a change since the answer that the client's tag belongs to.
  return asked.from < task.firstIdx || !(knownTag === null || matchesTag(knownTag, entityTag(task, asked)))
}
