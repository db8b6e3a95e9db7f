import type { ServerResponse } from 'node:http'
import { createTaskHandler, type RoutedManager, type TaskHandlerOptions } from '@outlast/core/http'
import { fromNodeRequest, type NodeRequest } from './node-request.ts'
import { toRequestError } from './request-error.ts'
import { sendResponse } from './send-response.ts'

/** What the routes need of a request of Express 4 or 5. */
export type ExpressRequest = NodeRequest & { baseUrl: string }

/** Express's `next`. */
export type ExpressNext = (error?: unknown) => void

/** Handles requests, as Express calls it. */
export type ExpressHandler = (request: ExpressRequest, response: ServerResponse, next: ExpressNext) => void

/** Handles what handlers before it failed with, as Express calls it. */
export type ExpressErrorHandler = (
  error: unknown,
  request: ExpressRequest,
  response: ServerResponse,
  next: ExpressNext,
) => void

/**
 * Mounts the task routes on Express 4 or 5, with or without a body parser before them. The mount path is the base
 * path. The second handler turns what failed before the routes, below that path, into the same JSON errors: what a body
 * parser or a guard refused with its code, anything else with `internal_error`, and reported to `onError`.
 *
 * @example
 * ```ts
 * app.use('/api/tasks', createTaskRouter(manager, { authenticate }))
 * ```
 * @throws TaskError `invalid_definition` without a manager or `authenticate`
 */
export function createTaskRouter(
  manager: RoutedManager,
  options: Omit<TaskHandlerOptions, 'basePath'>,
): [ExpressHandler, ExpressErrorHandler] {
  const { handle, refuse } = createTaskHandler(manager, options)
  return [
    (request, response, next) => {
      const { baseUrl: basePath, url = '/' } = request
      handle(fromNodeRequest(request, response, { url, basePath }))
        .then((answer) => sendResponse(response, answer))
        .catch(next)
    },
    (error, _request, response, next) => {
      // Only Express can end an answer that has begun: it cuts the connection.
      if (response.headersSent) next(error)
      else sendResponse(response, refuse(toRequestError(error) ?? error))
    },
  ]
}
