import { TaskError } from '../errors.ts'
import { errorResponse } from './error-response.ts'
import { fromFetchRequest, toFetchResponse } from './fetch-request.ts'
import { answerFailure, handleRequest } from './handle-request.ts'
import { handlerContext, type RoutedManager, type TaskHandlerOptions } from './handler-options.ts'
import { type SocketRequest, type SocketSession, type SocketSink, TaskSocket } from './push/index.ts'
import type { TaskRequest, TaskResponse } from './task-request.ts'

/** The task routes, ready to be mounted. */
export interface TaskHandler {
  /** The base path in use, without a slash at its end. */
  readonly basePath: string
  /** Answers a web `Request`; what is not below the base path is a 404. */
  fetch(request: Request): Promise<Response>
  /** Answers a neutral request; what adapters are built on. Never rejects. */
  handle(request: TaskRequest): Promise<TaskResponse>
  /** Serves a socket that an adapter has accepted; what comes of it is told to the answer. */
  openSocket(request: SocketRequest, sink: SocketSink): SocketSession
  /**
   * Answers a request that failed before it came here, such as in a body parser: a request's own `TaskError` with its
   * code, anything else with `internal_error`, and reported to `onError`.
   */
  refuse(error: unknown): TaskResponse
}

/**
 * Makes the HTTP routes of a manager, for anything that speaks `fetch` and for adapters.
 *
 * @example
 * ```ts
 * const handler = createTaskHandler(manager, {
 *   authenticate: async ({ headers }) => {
 *     const user = await userOfToken(headers.get('authorization'))
 *     return user && { userId: user.id, via: 'token' }
 *   },
 * })
 * const response = await handler.fetch(new Request('http://localhost/api/tasks'))
 * ```
 * @throws TaskError `invalid_definition` without a manager or `authenticate`, and for an empty `secret`
 */
export function createTaskHandler(manager: RoutedManager, options: TaskHandlerOptions): TaskHandler {
  const context = handlerContext(manager, options)
  const { basePath } = context
  const handle = (request: TaskRequest): Promise<TaskResponse> => handleRequest(context, request)
  return {
    basePath,
    handle,
    openSocket: (request, sink) => new TaskSocket(context, request, sink),
    refuse: (error) => answerFailure(context, error),
    async fetch(request) {
      if (!isBelow(basePath, new URL(request.url).pathname)) {
        const error = new TaskError('route_not_found', `The task routes are below "${basePath}".`)
        return toFetchResponse(errorResponse(error), request.method)
      }
      return toFetchResponse(await handle(fromFetchRequest(request, basePath)), request.method)
    },
  }
}

/** Whether a path, with its query or without, is the base path or stands below it. */
export function isBelow(basePath: string, url: string): boolean {
  if (!url.startsWith(basePath)) return false
  const next = url[basePath.length]
  return next === '/' || next === undefined || next === '?'
}
