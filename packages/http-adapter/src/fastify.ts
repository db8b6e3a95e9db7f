import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import {
  createTaskHandler,
  type RoutedManager,
  type TaskHandlerOptions,
  type TaskRequest,
  type TaskResponse,
  wholeBody,
} from '@outlast/core/http'
import { chunksOf, fromNodeRequest, type NodeRequest, requestHeaders } from './node-request.ts'
import { toRequestError } from './request-error.ts'
import { sendResponse } from './send-response.ts'
import { splitUrl } from './split-url.ts'

/** What the routes need of a request of Fastify. */
export interface FastifyTaskRequest {
  readonly raw: NodeRequest
  /** Path and query. */
  readonly url: string
  readonly body?: unknown
}

/** What the routes need of a reply of Fastify. */
export interface FastifyTaskReply {
  readonly raw: ServerResponse
  code(status: number): unknown
  headers(values: Readonly<Record<string, string>>): unknown
  getHeaders(): Record<string, number | string | string[] | undefined>
  send(body?: unknown): unknown
  hijack(): unknown
}

/** What the plugin needs of a Fastify instance. */
export interface FastifyTaskScope {
  readonly prefix: string
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    contentType: string,
    parser: (
      request: FastifyTaskRequest,
      payload: NodeRequest,
      done: (error: Error | null, body?: unknown) => void,
    ) => void,
  ): unknown
  setErrorHandler(
    handler: (error: unknown, request: FastifyTaskRequest, reply: FastifyTaskReply) => unknown,
  ): unknown
  all(path: string, handler: (request: FastifyTaskRequest, reply: FastifyTaskReply) => unknown): unknown
}

/** Options of the plugin; those of a handler, and the manager. */
export interface TaskPluginOptions extends Omit<TaskHandlerOptions, 'basePath'> {
  manager: RoutedManager
}

/**
 * Mounts the task routes on Fastify 5. The prefix is the base path. Bodies are read by the routes, with their own
 * limits; what failed before them, below that prefix, is answered with the same JSON errors: what a hook refused with
 * its code, anything else with `internal_error`, and reported to `onError`.
 *
 * @example
 * ```ts
 * app.register(taskPlugin, { prefix: '/api/tasks', manager, authenticate })
 * ```
 * @throws TaskError `invalid_definition` without a manager or `authenticate`
 */
export async function taskPlugin(app: FastifyTaskScope, options: TaskPluginOptions): Promise<void> {
  const { manager, ...handlerOptions } = withoutOwn(options)
  const { handle, refuse } = createTaskHandler(manager, handlerOptions)
  // Fastify would read a body before anybody knows whose it is and how large it may be.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.setErrorHandler((error, _request, reply) => sendReply(reply, refuse(toRequestError(error) ?? error)))
  const answer = (request: FastifyTaskRequest, reply: FastifyTaskReply): void => {
    handle(fromFastifyRequest(request, reply, app.prefix))
      .then((taskResponse) => sendReply(reply, taskResponse))
      .catch((error) => reply.send(error))
  }
  app.all('/', answer)
  app.all('/*', answer)
}

function fromFastifyRequest(
  request: FastifyTaskRequest,
  reply: FastifyTaskReply,
  prefix: string,
): TaskRequest {
  const { raw, url, body: payload } = request
  const parts = { ...splitUrl(url, prefix), raw: request }
  if (!(payload instanceof Readable) || payload === raw) return fromNodeRequest(raw, reply.raw, parts)
  // A hook has put another stream in its place, which unpacks it.
  const headers = requestHeaders(raw)
  return fromNodeRequest(raw, reply.raw, {
    ...parts,
    headers: { get: (name) => (name === 'content-encoding' ? null : headers.get(name)) },
    body: { type: 'stream', chunks: unpackedChunks(payload) },
  })
}

async function* unpackedChunks(payload: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* chunksOf(payload)
  } catch (error) {
    throw toRequestError(error) ?? error
  }
}

function sendReply(reply: FastifyTaskReply, answer: TaskResponse): void {
  const { status, headers } = answer
  const body = wholeBody(answer.body)
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
    reply.code(status)
    reply.headers(headers)
    reply.send(body ?? undefined)
    return
  }
  reply.hijack()
  // What hooks have set so far, such as CORS, stands with the reply and not with the response.
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  sendResponse(reply.raw, answer)
}

/** Without what Fastify's own `register` was told, which comes along. */
function withoutOwn(options: TaskPluginOptions): TaskPluginOptions {
  const own: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers'])
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => !own.has(name)),
  ) as unknown as TaskPluginOptions
}
