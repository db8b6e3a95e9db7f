import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { RequestBody, RequestHeaders, TaskRequest } from '@outlast/core/http'

/** A request of `node:http`, to which a body parser may have added what it read. */
export type NodeRequest = IncomingMessage & { body?: unknown }

/** A Node request in neutral form; `url` is its path and query below `basePath`. */
export function fromNodeRequest(
  request: NodeRequest,
  response: ServerResponse,
  path: Pick<TaskRequest, 'url' | 'basePath'>,
): TaskRequest {
  const { headers } = request
  const connection = new AbortController()
  // Also emitted after a whole answer, when nobody listens any more.
  response.once('close', () => connection.abort())
  return {
    ...path,
    method: request.method ?? 'GET',
    host: headers.host ?? null,
    headers: requestHeaders(request),
    body: bodyOf(request),
    signal: connection.signal,
    raw: request,
  }
}

/** Looks up the headers of a Node request. */
export function requestHeaders({ headers }: IncomingMessage): RequestHeaders {
  return {
    get(name) {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    },
  }
}

function bodyOf(request: NodeRequest): RequestBody {
  const { body, headers } = request
  const isSent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
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
