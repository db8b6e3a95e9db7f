import { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { RoutedManager, TaskHandlerOptions } from '@outlast/core/http'
import { nodeRoutes } from './node-routes.ts'

/**
 * Answers the task routes on a server that has its own request listeners (Express, Next.js, anything), before they see
 * them; every other request goes on to those. The fast mount: no router and no middleware of a framework runs for the
 * routes, so they cost none of its time, and get nothing of what it adds, such as CORS.
 *
 * @example
 * ```ts
 * const server = createServer(app)
 * attachTasks(server, manager, { authenticate })
 * server.listen(3000)
 * ```
 * @returns detaches: later requests for the routes go to the server's listeners, those under way are answered
 * @throws TaskError `invalid_definition` without a manager or `authenticate`
 */
export function attachTasks(
  server: Server | TlsServer,
  manager: RoutedManager,
  options: TaskHandlerOptions,
): () => void {
  const routes = nodeRoutes(manager, options)
  const tasks = new EventEmitter()
  tasks.on('request', (request: IncomingMessage, response: ServerResponse) => {
    routes.answer(request, response, (error) => response.destroy(error))
  })
  let isAttached = true
  const { emit } = server
  // A listener cannot keep an event from the others, and those that come later would be missed if they were taken over
  // here. Emitted through the server's own function, a request for the routes is still seen by what traces servers.
  const emitTasks = (event: string | symbol, ...values: unknown[]): boolean => {
    const [request] = values
    const isTask = event === 'request' && isAttached && routes.own(request as IncomingMessage)
    return Reflect.apply(emit, isTask ? tasks : server, [event, ...values])
  }
  server.emit = emitTasks
  return () => {
    isAttached = false
    // Whoever has put another function in its place meanwhile goes on calling this one.
    if (server.emit === emitTasks) server.emit = emit
  }
}
