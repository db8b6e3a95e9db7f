import {
  createTaskHandler,
  fromFetchRequest,
  type RequestBody,
  type RoutedManager,
  type TaskHandlerOptions,
  targetOf,
  toFetchResponse,
} from '@outlast/core/http'
import { type Context, Hono, type HonoRequest } from 'hono'
import { baseRoutePath } from 'hono/route'
import { splitUrl } from './split-url.ts'

/**
 * Makes the task routes as a Hono app, for an app of your own on Node, Bun, Deno or anything else that speaks `fetch`.
 * The path that it is mounted at is the base path. `authenticate` gets Hono's context as `raw`.
 *
 * @example
 * ```ts
 * app.route('/api/tasks', createTaskApp(manager, { authenticate }))
 * ```
 * @throws TaskError `invalid_definition` without a manager or `authenticate`
 */
export function createTaskApp(manager: RoutedManager, options: Omit<TaskHandlerOptions, 'basePath'>): Hono {
  const { handle } = createTaskHandler(manager, options)
  const app = new Hono()
  app.all('/*', async (context: Context) => {
    const { req } = context
    const { basePath } = splitUrl(targetOf(req.url), baseRoutePath(context))
    const request = fromFetchRequest(req.raw, basePath, { raw: context, body: readBody(req) })
    return toFetchResponse(await handle(request), req.method)
  })
  return app
}

/** The body that a middleware before the routes has read; `null` when none has. */
function readBody(request: HonoRequest): RequestBody | null {
  if (Object.keys(request.bodyCache).length === 0) return null
  return { type: 'stream', chunks: keptBytes(request) }
}

async function* keptBytes(request: HonoRequest): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(await request.arrayBuffer())
}
