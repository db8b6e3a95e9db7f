import { TaskError } from '../../errors.ts'
import { isFinalStatus } from '../../protocol/index.ts'
import { checkNamedOrigin } from '../check-origin.ts'
import { emptyResponse } from '../json-response.ts'
import { EventStream, pageQuery } from '../push/index.ts'
import { readCursor, readText } from '../query-reader.ts'
import type { TaskResponse } from '../task-request.ts'
import { isStillViewer } from './is-still-viewer.ts'
import { ownPage } from './own-task.ts'
import { readFolds } from './read-folds.ts'
import type { RouteCall } from './route.ts'
import { streamHeaders } from './stream-headers.ts'

/** `GET /:id/events`: the task and its log from a cursor on as an event stream, which ends with the task. */
export async function streamEvents(call: RouteCall): Promise<TaskResponse> {
  const { context, request, viewer, taskId, query } = call
  if (viewer.via !== 'token') checkNamedOrigin(request, context.allowedOrigins)
  const folds = readFolds(query)
  const last = lastEventId(request.headers.get('last-event-id'))
  const { cursor, epoch } = last ?? { cursor: readCursor(query), epoch: readText(query, 'epoch') }
  const page = await ownPage(call, pageQuery(cursor, folds))
  const { task } = page
  const isOver =
    isFinalStatus(task.status) && cursor >= task.nextIdx && (epoch === null || epoch === task.epoch)
  // What tells an EventSource not to come back.
  if (last !== null && isOver) return emptyResponse(204, {})
  // Without the rest of the call: this is kept for as long as the stream is open.
  const isAllowed = (): Promise<boolean> => isStillViewer({ context, request, viewer })
  const start = { taskId, userId: viewer.userId, cursor, epoch, folds, page, isAllowed }
  return { status: 200, headers: streamHeaders, body: new EventStream(context.hub, start) }
}

/**
 * Where the last connection ended, as `EPOCH.IDX`; `null` for a first one, whose header is absent or empty.
 *
 * @throws TaskError `invalid_cursor`
 */
function lastEventId(header: string | null): { cursor: number; epoch: string } | null {
  if (header === null || header === '') return null
  const [, epoch = '', idx = ''] = /^(.{1,256})\.(\d{1,15})$/.exec(header) ?? []
  if (epoch === '') {
    throw new TaskError(
      'invalid_cursor',
      'The Last-Event-ID is none of this server. Leave it out, and pass "from".',
    )
  }
  return { cursor: Number(idx) + 1, epoch }
}
