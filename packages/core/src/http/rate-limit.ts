import { TaskError } from '../errors.ts'
import type { Viewer } from './authenticate.ts'
import type { TaskRequest } from './task-request.ts'

/** What is used of a limiter of `rate-limiter-flexible`; any of its stores will do. */
export interface RateLimiter {
  /** Takes points from a key. Rejects with `{ msBeforeNext }` when none are left, with an `Error` when it failed. */
  consume(key: string, points?: number): Promise<unknown>
}

/** How often one client may ask. A limiter that is left out limits nothing. */
export interface RateLimit {
  /** Requests that read: lists, polls, and each opening of a stream, a socket or a subscription. */
  reads?: RateLimiter
  /** Requests that write: creates, stops, answers, deletes. */
  writes?: RateLimiter
  /** Whose points a request takes; `null` for nobody's. Default: the user's. */
  keyOf?(request: { viewer: Viewer; raw: unknown }): string | null
}

/**
 * Takes a point for a request. A limiter that fails lets the request through: it guards capacity and not access, and its
 * store being away must not be everybody's outage.
 *
 * @param report told of a limiter that failed
 * @throws TaskError `rate_limited`
 */
export async function takePoint(
  { reads, writes, keyOf }: RateLimit,
  { request, viewer, isWrite }: { request: Pick<TaskRequest, 'raw'>; viewer: Viewer; isWrite: boolean },
  report: (error: unknown) => void,
): Promise<void> {
  const limiter = isWrite ? writes : reads
  if (limiter === undefined) return
  const key = keyOf === undefined ? viewer.userId : keyOf({ viewer, raw: request.raw })
  if (key === null) return
  try {
    await limiter.consume(key, 1)
  } catch (rejection) {
    if (TaskError.is(rejection, 'rate_limited')) throw rejection
    const pauseMs = pauseOf(rejection)
    if (pauseMs === null) report(rejection)
    else throw tooManyRequests(pauseMs)
  }
}

/** Milliseconds until there are points again; `null` when that is not what the limiter rejected with. */
function pauseOf(rejection: unknown): number | null {
  if (rejection instanceof Error || typeof rejection !== 'object' || rejection === null) return null
  const { msBeforeNext } = rejection as { msBeforeNext?: unknown }
  return typeof msBeforeNext === 'number' ? msBeforeNext : null
}

function tooManyRequests(pauseMs: number): TaskError {
  return new TaskError('rate_limited', 'These were too many requests. Wait a moment before the next one.', {
    retryAfter: Math.max(1, pauseMs / 1_000),
  })
}
