import type { ServerResponse } from 'node:http'
import { TaskError } from '@outlast/core'
import { errorResponse, type RoutedManager, type TaskHandlerOptions } from '@outlast/core/http'
import type { NodeRequest } from './node-request.ts'
import { nodeRoutes } from './node-routes.ts'
import { sendResponse } from './send-response.ts'

export { attachTasks } from './attach-tasks.ts'
export type { NodeRequest } from './node-request.ts'

/** Listens to a `node:http` server, alone or before others that `next` leads to. */
export type NodeListener = (
  request: NodeRequest,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void

/**
 * Mounts the task routes on a `node:http` server, below `basePath`. What is not below it goes to `next`, and is a 404
 * where there is no `next`.
 *
 * @example
 * ```ts
 * const listener = createNodeListener(manager, { authenticate })
 * http.createServer(listener).listen(3000)
 * ```
 * @throws TaskError `invalid_definition` without a manager or `authenticate`
 */
export function createNodeListener(manager: RoutedManager, options: TaskHandlerOptions): NodeListener {
  const routes = nodeRoutes(manager, options)
  return (request, response, next) => {
    if (!routes.own(request)) {
      if (next !== undefined) return next()
      const error = new TaskError('route_not_found', `The task routes are below "${routes.basePath}".`)
      return sendResponse(response, errorResponse(error))
    }
    routes.answer(request, response, next ?? ((error) => response.destroy(error)))
  }
}
