import { TaskError } from '../errors.ts'
import { identify, type Viewer } from './authenticate.ts'
import { checkOrigin } from './check-origin.ts'
import { errorResponse } from './error-response.ts'
import type { HandlerContext } from './handler-options.ts'
import type { RouteMatch } from './match-route.ts'
import { takePoint } from './rate-limit.ts'
import type { RouteCall } from './routes/index.ts'
import type { TaskRequest, TaskResponse } from './task-request.ts'

/**
 * Answers one request: finds the route, asks who is there, refuses foreign writes, and turns whatever is thrown into
 * an error in JSON. A failure that is the server's own goes to `onError`. Never rejects.
 */
export function handleRequest(context: HandlerContext, request: TaskRequest): Promise<TaskResponse> {
  return answerRequest(context, request).then(undefined, (error: unknown) =>
    // A client that has gone away in the middle of its body is nobody's failure.
    request.signal.aborted ? errorResponse(error) : answerFailure(context, error),
  )
}

function answerRequest(context: HandlerContext, request: TaskRequest): Promise<TaskResponse> {
  try {
    const match = context.match(request.method, request.url)
    if ('allow' in match) return Promise.resolve(methodNotAllowed(request.method, match.allow))
    const viewer = identify(context.authenticate, request)
    // A turn of the loop that a poll need not wait for.
    return viewer instanceof Promise
      ? viewer.then((known) => answerViewer(context, request, match, known))
      : answerViewer(context, request, match, viewer)
  } catch (error) {
    return Promise.reject(error)
  }
}

function answerViewer(
  context: HandlerContext,
  request: TaskRequest,
  match: RouteMatch,
  viewer: Viewer,
): Promise<TaskResponse> {
  const { route, taskId, toolId, query } = match
  if (isWrite(request) && viewer.via !== 'token') checkOrigin(request, context.allowedOrigins)
  const call: RouteCall = { context, request, viewer, taskId, toolId, query }
  if (context.rateLimit === null) return route(call)
  const asked = { request, viewer, isWrite: isWrite(request) }
  return takePoint(context.rateLimit, asked, context.report).then(() => route(call))
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
