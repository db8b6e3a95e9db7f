import { TaskError } from '../../errors.ts'
import { isFinalStatus } from '../../protocol/index.ts'
import type { EventQuery, ReadPage } from '../../store/index.ts'
import { checkNamedOrigin } from '../check-origin.ts'
import { DurableStream, type LogPosition, parseOffset, streamCursor, streamState } from '../durable/index.ts'
import { matchesTag } from '../entity-tag.ts'
import { emptyResponse, jsonTextResponse } from '../json-response.ts'
import type { Query } from '../parse-query.ts'
import { pageQuery } from '../push/index.ts'
import { invalidParameter, readText } from '../query-reader.ts'
import type { TaskResponse } from '../task-request.ts'
import { isStillViewer } from './is-still-viewer.ts'
import { ownPage, ownTask } from './own-task.ts'
import type { RouteCall } from './route.ts'
import { streamHeaders } from './stream-headers.ts'

/** JSON mode is told by its bare content type. */
const jsonHeaders: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  'cross-origin-resource-policy': 'same-origin',
}

/** Where a read begins; without an epoch, where the log does. */
interface Start {
  idx: number
  epoch: string | null
}

/**
 * `GET /:id/durable`: the log as a read-only stream of the Durable Streams protocol in JSON mode, each event a message.
 * `HEAD` tells where it ends.
 */
export async function readDurable(call: RouteCall): Promise<TaskResponse> {
  const { request, query } = call
  if (request.method === 'HEAD') return emptyResponse(200, await tailHeaders(call))
  const offset = readText(query, 'offset')
  const position = offset === null ? 'start' : parseOffset(offset)
  const live = readLive(query)
  if (live !== null && offset === null) {
    throw invalidParameter('offset', 'must be given with "live"; -1 is the beginning')
  }
  if (live === 'sse') return stream(call, await startOf(call, position))
  if (live === 'long-poll') return longPoll(call, await startOf(call, position))
  if (position === 'now') return jsonTextResponse(200, '[]', await tailHeaders(call))
  const page = await readFrom(call, await startOf(call, position))
  const headers = stateOf(page)
  const etag = `"${[page.from, ...Object.values(headers)].join(';')}"`
  if (matchesTag(request.headers.get('if-none-match'), etag)) return emptyResponse(304, { ...headers, etag })
  return eventsResponse(page, { ...headers, etag })
}

/** Answers as soon as there are events, or without any when the time is over or the log has ended. */
async function longPoll(call: RouteCall, start: Start): Promise<TaskResponse> {
  const page = await waitForEvents(call, start)
  const headers = {
    ...stateOf(page),
    'stream-cursor': streamCursor(call.context.now(), readText(call.query, 'cursor')),
  }
  return page.events.length === 0 ? emptyResponse(204, headers) : eventsResponse(page, headers)
}

async function waitForEvents(call: RouteCall, start: Start): Promise<ReadPage> {
  const { manager, hub, limits, now } = call.context
  let page = await readFrom(call, start)
  if (isNews(page)) return page
  // It counts among the user's open requests for as long as it waits.
  const leave = hub.wait(call.viewer.userId)
  try {
    const deadline = now() + limits.maxWaitMs
    let waitMs = limits.maxWaitMs
    while (waitMs > 0 && !isNews(page)) {
      const wait = { revision: page.task.revision, waitMs, signal: call.request.signal }
      if ((await manager.waitForChange(call.taskId, wait)) !== 'changed') return page
      page = await readFrom(call, start)
      waitMs = deadline - now()
    }
    return page
  } finally {
    leave()
  }
}

async function stream(call: RouteCall, start: Start): Promise<TaskResponse> {
  const { context, request, viewer, taskId, query } = call
  if (viewer.via !== 'token') checkNamedOrigin(request, context.allowedOrigins)
  const page = await readFrom(call, start, (from) => pageQuery(from, null))
  const body = new DurableStream(context.hub, {
    taskId,
    userId: viewer.userId,
    cursor: page.from,
    epoch: page.task.epoch,
    folds: null,
    page,
    sentCursor: readText(query, 'cursor'),
    isAllowed: () => isStillViewer(call),
  })
  return { status: 200, headers: { ...streamHeaders, 'content-type': 'text/event-stream' }, body }
}

async function startOf(call: RouteCall, position: LogPosition | 'start' | 'now'): Promise<Start> {
  if (position === 'start') return { idx: 0, epoch: null }
  if (position !== 'now') return position
  const { nextIdx, epoch } = await ownTask(call)
  return { idx: nextIdx, epoch }
}

/** An answer is never a page: clients that are to read what there is ask once, and take it for all. */
const wholeQuery = (from: number): Partial<EventQuery> => ({ from })

/** @throws TaskError `task_not_found`, `cursor_void` */
async function readFrom(
  call: RouteCall,
  { idx, epoch }: Start,
  query: (from: number) => Partial<EventQuery> = wholeQuery,
): Promise<ReadPage> {
  const page = await ownPage(call, query(idx))
  const { task } = page
  // The beginning is wherever the log begins by now.
  if (epoch === null) return page
  if (epoch !== task.epoch || idx > task.nextIdx) {
    throw new TaskError(
      'cursor_void',
      'The log was recreated and the offset is void. Drop what was read and start again with offset=-1.',
    )
  }
  if (idx < task.firstIdx) {
    throw new TaskError(
      'cursor_void',
      'Events from this offset on are no longer kept. Go on with offset=-1 from the oldest that is, or read the task itself, with its snapshot.',
    )
  }
  return page
}

function isNews({ task, events }: ReadPage): boolean {
  return events.length > 0 || isFinalStatus(task.status)
}

function stateOf({ task, from, events }: ReadPage): Readonly<Record<string, string>> {
  return streamState(task, from + events.length)
}

/** For an answer that holds no events, and says where the stream ends. */
async function tailHeaders(call: RouteCall): Promise<Readonly<Record<string, string>>> {
  const task = await ownTask(call)
  return { ...jsonHeaders, ...streamState(task, task.nextIdx) }
}

function eventsResponse({ events }: ReadPage, headers: Readonly<Record<string, string>>): TaskResponse {
  return jsonTextResponse(200, `[${events.join(',')}]`, { ...jsonHeaders, ...headers })
}

/** @throws TaskError `invalid_input` */
function readLive(query: Query): 'long-poll' | 'sse' | null {
  const live = readText(query, 'live')
  if (live === null || live === 'long-poll' || live === 'sse') return live
  throw invalidParameter('live', 'must be long-poll or sse')
}
