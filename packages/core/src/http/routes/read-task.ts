import { entityTag, matchesTag } from '../entity-tag.ts'
import { eventPageBody } from '../event-page-body.ts'
import { emptyResponse, taggedJsonHeaders } from '../json-response.ts'
import type { TaskResponse } from '../task-request.ts'
import { readLogPage } from './read-log-page.ts'
import { readReadQuery } from './read-query.ts'
import type { RouteCall } from './route.ts'
import { waitForNews } from './wait-for-news.ts'

/** `GET /:id`: the task and its log from a cursor on, at once or, as a long-poll, as soon as there is news. */
export async function readTask(call: RouteCall): Promise<TaskResponse> {
  const { context, request, viewer, query } = call
  const asked = readReadQuery(query, request.headers)
  const waitMs = Math.min(asked.waitMs, context.limits.maxWaitMs)
  const first = await readLogPage(call, asked)
  const page = waitMs === 0 ? first : await waitForNews(call, asked, { first, waitMs })
  const etag = entityTag(page.task, asked.events)
  const preference = waitMs > 0 && !query.has('wait_ms') ? preferenceApplied(waitMs) : null
  if (matchesTag(asked.knownTag, etag)) return emptyResponse(304, { etag, ...preference })
  const headers = taggedJsonHeaders(etag)
  return {
    status: 200,
    headers: preference === null ? headers : { ...headers, ...preference },
    body: eventPageBody(page, {
      from: asked.events.from,
      now: context.now(),
      viewer: context.viewerOf(viewer),
      settledJson: context.settledJson,
      sharedEvents: context.sharedEvents,
      sharedSnapshots: context.sharedSnapshots,
    }),
  }
}

/** Says that `Prefer: wait` was heeded, and what became of it (RFC 7240). */
function preferenceApplied(waitMs: number): Record<string, string> {
  return { 'preference-applied': `wait=${waitMs / 1_000}` }
}
