import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { RequestBody, RequestHeaders, TaskRequest } from '@outlast/core/http'
import { onResponseClose } from './on-response-close.ts'

/** A request of `node:http`, to which a body parser may have added what it read. */
export type NodeRequest = IncomingMessage & { body?: unknown }

/** Where a request stands, and what is different from what Node says of it. */
export interface NodeRequestParts extends Pick<TaskRequest, 'url' | 'basePath'> {
  /** For `authenticate`. Default: the request itself. */
  raw?: unknown
  headers?: RequestHeaders
  body?: RequestBody
}

/**
 * A Node request in neutral form; `url` is its path and query below `basePath`. What most requests are never asked for
 * is made when it is asked for: a poll has no body, and nobody waits for its client to go away.
 */
export function fromNodeRequest(
  request: NodeRequest,
  response: ServerResponse,
  parts: NodeRequestParts,
): TaskRequest {
  return new NodeTaskRequest(request, response, parts)
}

class NodeTaskRequest implements TaskRequest {
  readonly url: string
  readonly basePath: string
  readonly headers: RequestHeaders
  readonly raw: unknown
  readonly #request: NodeRequest
  readonly #response: ServerResponse
  #body: RequestBody | undefined
  #connection: AbortController | undefined

  constructor(request: NodeRequest, response: ServerResponse, parts: NodeRequestParts) {
    this.url = parts.url
    this.basePath = parts.basePath
    this.headers = parts.headers ?? requestHeaders(request)
    this.raw = parts.raw ?? request
    this.#request = request
    this.#response = response
    this.#body = parts.body
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  get host(): string | null {
    const { headers } = this.#request
    // HTTP/2 has a name of its own for it.
    return headers.host ?? (headers[':authority'] as string | undefined) ?? null
  }

  get body(): RequestBody {
    this.#body ??= bodyOf(this.#request)
    return this.#body
  }

  get signal(): AbortSignal {
    this.#connection ??= connectionOf(this.#response)
    return this.#connection.signal
  }
}

/** Aborts when the client has gone away. */
function connectionOf(response: ServerResponse & { stream?: { destroyed: boolean } }): AbortController {
  const connection = new AbortController()
  // The response of HTTP/2 does not say that it is closed; its stream does.
  if (response.stream?.destroyed ?? response.closed) connection.abort()
  // Also emitted after a whole answer, when nobody listens any more: an abort, which makes an error with its stack, would
  // cost more than the answer.
  else onResponseClose(response, () => response.writableEnded || connection.abort())
  return connection
}

/** Looks up the headers of a Node request. */
export function requestHeaders(request: IncomingMessage): RequestHeaders {
  return new NodeHeaders(request)
}

class NodeHeaders implements RequestHeaders {
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage) {
    this.#request = request
  }

  get(name: string): string | null {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
}

function bodyOf(request: NodeRequest & { stream?: { endAfterHeaders?: boolean } }): RequestBody {
  const { body, headers } = request
  const isSent =
    headers['transfer-encoding'] !== undefined ||
    Number(headers['content-length'] ?? 0) > 0 ||
    // HTTP/2 needs neither.
    request.stream?.endAfterHeaders === false
  if (!isSent) return { type: 'none' }
  // What was read counts, not what stands in `body`: Express 4's parsers leave `{}` there when they did not parse.
  if (!request.readableDidRead || body === undefined) return { type: 'stream', chunks: chunksOf(request) }
  if (typeof body === 'string') return { type: 'text', text: body }
  if (body instanceof Uint8Array) return { type: 'bytes', bytes: body }
  return { type: 'value', value: body }
}

/** What comes of a body that nobody has read yet. It may be left in the middle; the connection stays open. */
export async function* chunksOf(body: Readable): AsyncGenerator<Uint8Array> {
  if (body.readableDidRead) {
    throw new TypeError(
      'the body was read before the request came to the task routes, and left no request.body',
    )
  }
  try {
    // The socket stays open when reading stops early, for the answer has to go through it.
    yield* body.iterator({ destroyOnReturn: false })
  } finally {
    // What was not wanted is thrown away as it comes; a client that is still sending would not see the answer.
    body.resume()
  }
}
