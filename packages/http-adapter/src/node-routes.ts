import type { IncomingMessage, ServerResponse } from 'node:http'
import { createTaskHandler, isBelow, type RoutedManager, type TaskHandlerOptions } from '@outlast/core/http'
import { fromNodeRequest, type NodeRequest } from './node-request.ts'
import { sendResponse } from './send-response.ts'

/** The task routes on `node:http`, for the mounts that are made of them. */
export interface NodeRoutes {
  readonly basePath: string
  /** Whether a request is for them: its path is the base path or below it. */
  own(request: IncomingMessage): boolean
  /** Answers a request that is. What fails when the answer is written goes to `onError`. */
  answer(request: NodeRequest, response: ServerResponse, onError: (error: Error) => void): void
}

/** @throws TaskError `invalid_definition` without a manager or `authenticate` */
export function nodeRoutes(manager: RoutedManager, options: TaskHandlerOptions): NodeRoutes {
  const { basePath, handle } = createTaskHandler(manager, options)
  return {
    basePath,
    own: ({ url = '/' }) => isBelow(basePath, url),
    answer(request, response, onError) {
      const url = (request.url ?? '/').slice(basePath.length)
      handle(fromNodeRequest(request, response, { url, basePath }))
        .then((answer) => sendResponse(response, answer))
        .catch(onError)
    },
  }
}
