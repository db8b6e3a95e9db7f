import { TaskError } from '../../errors.ts'
import { isFinalStatus } from '../../protocol/index.ts'
import type { EventQuery, ReadPage } from '../../store/index.ts'
import { entityTag, matchesTag } from '../entity-tag.ts'
import { eventPageJson } from '../event-page-json.ts'
import { emptyResponse, jsonTextResponse } from '../json-response.ts'
import { invalidParameter, readCursor, readInteger, readText, readWait } from '../query-reader.ts'
import type { TaskResponse } from '../task-request.ts'
import { isPossibleId, taskNotFound } from './own-task.ts'
import type { RouteCall } from './route.ts'

/** Most folds that one read may name. */
const maxFolds = 8

type ReadQuery = Partial<EventQuery> & { from: number }

/** `GET /:id`: the task and its log from a cursor on, at once or, as a long-poll, as soon as there is news. */
export async function readTask(call: RouteCall): Promise<TaskResponse> {
  const { context, request, viewer, query } = call
  const eventQuery = readEventQuery(query)
  const epoch = readText(query, 'epoch')
  const waitMs = Math.min(readWait(query, request.headers), context.limits.maxWaitMs)
  const knownTag = request.headers.get('if-none-match')

  const page = await waitForNews(waitMs)
  const etag = entityTag(page.task, eventQuery)
  if (matchesTag(knownTag, etag)) return emptyResponse(304, { etag })
  const { from } = eventQuery
  const data = eventPageJson(page, { from, now: context.now(), viewer: context.viewerOf(viewer) })
  return jsonTextResponse(200, `{"success":true,"data":${data}}`, { etag })

  async function waitForNews(waitMs: number): Promise<ReadPage> {
    const deadline = context.now() + waitMs
    let page = await readPage()
    const { status } = page.task
    let remaining = waitMs
    while (remaining > 0 && page.task.status === status && !isNews(page)) {
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
    const page = isPossibleId(call.taskId) ? await context.manager.read(call.taskId, eventQuery) : null
    if (page === null || page.task.userId !== viewer.userId) throw taskNotFound()
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

/**
 * What the store is asked for. Whoever can take a snapshot gets the smaller of snapshot and tail.
 *
 * @throws TaskError `invalid_cursor`, `invalid_input`
 */
function readEventQuery(query: URLSearchParams): ReadQuery {
  const limit = readInteger(query, 'limit', 1)
  const maxBytes = readInteger(query, 'max_bytes', 1)
  const folds = readText(query, 'snapshot')?.split(',')
  if (folds !== undefined && (folds.length > maxFolds || !folds.every((fold) => /^[\w.@-]+$/.test(fold)))) {
    throw invalidParameter('snapshot', 'must name the folds that the client knows, such as blocks@1')
  }
  return {
    from: readCursor(query),
    ...(limit !== null && { limit }),
    ...(maxBytes !== null && { maxBytes }),
    ...(folds !== undefined && { folds, prefer: 'smaller' as const }),
  }
}
