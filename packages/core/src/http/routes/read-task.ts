import { TaskError } from '../../errors.ts'
import { isFinalStatus } from '../../protocol/index.ts'
import type { EventQuery, ReadPage } from '../../store/index.ts'
import { entityTag, matchesTag } from '../entity-tag.ts'
import { eventPageBody } from '../event-page-body.ts'
import { emptyResponse, headersOfJson } from '../json-response.ts'
import type { Query } from '../parse-query.ts'
import { readCursor, readInteger, readText, readWait } from '../query-reader.ts'
import type { TaskResponse } from '../task-request.ts'
import { ownPage } from './own-task.ts'
import { readFolds } from './read-folds.ts'
import type { RouteCall } from './route.ts'

type ReadQuery = Partial<EventQuery> & { from: number }

/** `GET /:id`: the task and its log from a cursor on, at once or, as a long-poll, as soon as there is news. */
export async function readTask(call: RouteCall): Promise<TaskResponse> {
  const { context, request, viewer, query } = call
  const eventQuery = readEventQuery(query)
  const epoch = readText(query, 'epoch')
  const waitMs = Math.min(readWait(query, request.headers), context.limits.maxWaitMs)
  const knownTag = request.headers.get('if-none-match')

  const page = waitMs === 0 ? await readPage() : await waitForNews()
  const etag = entityTag(page.task, eventQuery)
  const preference = waitMs > 0 && !query.has('wait_ms') ? preferenceApplied(waitMs) : null
  if (matchesTag(knownTag, etag)) return emptyResponse(304, { etag, ...preference })
  const { now, viewerOf, settledJson, sharedEvents } = context
  const body = eventPageBody(page, {
    from: eventQuery.from,
    now: now(),
    viewer: viewerOf(viewer),
    settledJson,
    sharedEvents,
  })
  const headers = { ...headersOfJson, etag }
  return { status: 200, headers: preference === null ? headers : { ...headers, ...preference }, body }

  async function waitForNews(): Promise<ReadPage> {
    const page = await readPage()
    if (isNews(page)) return page
    // It counts among the user's open requests for as long as it waits.
    const leave = context.hub.wait(viewer.userId)
    try {
      return await untilNews(page)
    } finally {
      leave()
    }
  }

  async function untilNews(first: ReadPage): Promise<ReadPage> {
    const deadline = context.now() + waitMs
    let page = first
    const { status, queuePosition } = page.task
    const isWhereItWas = ({ task }: ReadPage): boolean =>
      task.status === status && task.queuePosition === queuePosition
    let remaining = waitMs
    while (remaining > 0 && isWhereItWas(page) && !isNews(page)) {
      const { revision } = page.task
      const { signal } = request
      const wait = { revision, waitMs: remaining, signal }
      if ((await context.manager.waitForChange(call.taskId, wait)) !== 'changed') return page
      page = await readPage()
      remaining = deadline - context.now()
    }
    return page
  }

  async function readPage(): Promise<ReadPage> {
    const page = await ownPage(call, eventQuery)
    if (epoch !== null && (epoch !== page.task.epoch || eventQuery.from > page.task.nextIdx)) {
      throw new TaskError(
        'cursor_void',
        'The log was recreated and the cursor is void. Drop what was read and start again with from=0.',
      )
    }
    return page
  }

  function isNews({ task, events, snapshot }: ReadPage): boolean {
    if (events.length > 0 || snapshot !== null || isFinalStatus(task.status)) return true
    // Behind the cap, or a change since the answer that the client's tag belongs to.
    return (
      eventQuery.from < task.firstIdx ||
      !(knownTag === null || matchesTag(knownTag, entityTag(task, eventQuery)))
    )
  }
}

/** Says that `Prefer: wait` was heeded, and what became of it (RFC 7240). */
function preferenceApplied(waitMs: number): Record<string, string> {
  return { 'preference-applied': `wait=${waitMs / 1_000}` }
}

/**
 * What the store is asked for. Whoever can take a snapshot gets the smaller of snapshot and tail.
 *
 * @throws TaskError `invalid_cursor`, `invalid_input`
 */
function readEventQuery(query: Query): ReadQuery {
  const limit = readInteger(query, 'limit', 1)
  const maxBytes = readInteger(query, 'max_bytes', 1)
  const folds = readFolds(query)
  const eventQuery: ReadQuery = { from: readCursor(query) }
  if (limit !== null) eventQuery.limit = limit
  if (maxBytes !== null) eventQuery.maxBytes = maxBytes
  return folds === null ? eventQuery : { ...eventQuery, folds, prefer: 'smaller' }
}
