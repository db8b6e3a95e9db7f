import { TaskError } from '../errors.ts'
import { identify } from './authenticate.ts'
import { checkOrigin } from './check-origin.ts'
import { errorResponse, isRequestError } from './error-response.ts'
import { type HandlerContext, warn } from './handler-options.ts'
import { matchRoute } from './match-route.ts'
import type { TaskRequest, TaskResponse } from './task-request.ts'

/**
 * Answers one request: finds the route, asks who is there, refuses foreign writes, and turns whatever is thrown into
 * an error in JSON. A failure that is the server's own goes to `onError`. Never rejects.
 */
export async function handleRequest(context: HandlerContext, request: TaskRequest): Promise<TaskResponse> {
  try {
    const match = matchRoute(request.method, request.url)
    if ('allow' in match) return methodNotAllowed(request.method, match.allow)
    const { route, taskId, query } = match
    const viewer = await identify(context.authenticate, request)
    if (isWrite(request) && viewer.via !== 'token') checkOrigin(request, context.allowedOrigins)
    return await route({ context, request, viewer, taskId, query })
  } catch (error) {
    // A client that has gone away in the middle of its body is nobody's failure.
    return request.signal.aborted ? errorResponse(error) : answerFailure(context, error)
  }
}

/** The answer to a request that failed. A failure that is the server's own goes to `onError`. */
export function answerFailure(context: HandlerContext, error: unknown): TaskResponse {
  if (!isRequestError(error)) report(context, error)
  return errorResponse(error)
}

function isWrite({ method }: TaskRequest): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** A reporter that fails must not cost the client its answer. */
function report({ onError }: HandlerContext, error: unknown): void {
  try {
    onError(error, { stage: 'http' })
  } catch (reporterError) {
    warn(reporterError)
  }
}

function methodNotAllowed(method: string, allow: string): TaskResponse {
  const error = new TaskError('method_not_allowed', `${method} is not a method of this route. Use ${allow}.`)
  return errorResponse(error, { allow })
}
