import { TaskError } from '../errors.ts'
import { identify } from './authenticate.ts'
import { checkOrigin } from './check-origin.ts'
import { errorResponse } from './error-response.ts'
import type { HandlerContext } from './handler-options.ts'
import { matchRoute } from './match-route.ts'
import { takePoint } from './rate-limit.ts'
import type { TaskRequest, TaskResponse } from './task-request.ts'

/**
 * Answers one request: finds the route, asks who is there, refuses foreign writes, and turns whatever is thrown into
 * an error in JSON. A failure that is the server's own goes to `onError`. Never rejects.
 */
export async function handleRequest(context: HandlerContext, request: TaskRequest): Promise<TaskResponse> {
  try {
    const match = matchRoute(request.method, request.url)
    if ('allow' in match) return methodNotAllowed(request.method, match.allow)
    const { route, taskId, toolId, query } = match
    const identified = identify(context.authenticate, request)
    // A turn of the loop that a poll need not wait for.
    const viewer = identified instanceof Promise ? await identified : identified
    if (isWrite(request) && viewer.via !== 'token') checkOrigin(request, context.allowedOrigins)
    if (context.rateLimit !== null) {
      const asked = { request, viewer, isWrite: isWrite(request) }
      await takePoint(context.rateLimit, asked, context.report)
    }
    return await route({ context, request, viewer, taskId, toolId, query })
  } catch (error) {
    // A client that has gone away in the middle of its body is nobody's failure.
    return request.signal.aborted ? errorResponse(error) : answerFailure(context, error)
  }
}

/** The answer to a request that failed. A failure that is the server's own goes to `onError`. */
export function answerFailure(context: HandlerContext, error: unknown): TaskResponse {
  context.report(error)
  return errorResponse(error)
}

function isWrite({ method }: TaskRequest): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

function methodNotAllowed(method: string, allow: string): TaskResponse {
  const error = new TaskError('method_not_allowed', `${method} is not a method of this route. Use ${allow}.`)
  return errorResponse(error, { allow })
}
