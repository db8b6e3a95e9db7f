import { streamOf } from './push/index.ts'
import type { RequestBody, TaskRequest, TaskResponse } from './task-request.ts'

/** A web `Request` in neutral form. The URL's path must stand below `basePath`. */
export function fromFetchRequest(request: Request, basePath: string): TaskRequest {
  const { pathname, search, host } = new URL(request.url)
  return {
    method: request.method,
    url: pathname.slice(basePath.length) + search,
    basePath,
    host: request.headers.get('host') ?? host,
    headers: request.headers,
    body: bodyOf(request),
    signal: request.signal,
    raw: request,
  }
}

/** The web `Response` of a neutral answer to a request of `method`. */
export function toFetchResponse({ status, headers, body }: TaskResponse, method: string): Response {
  if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
    return new Response(method === 'HEAD' ? null : body, { status, headers })
  }
  if (method !== 'HEAD') return new Response(streamOf(body), { status, headers })
  body.onClose()
  return new Response(null, { status, headers })
}

function bodyOf(request: Request): RequestBody {
  if (request.method === 'GET' || request.method === 'HEAD') return { type: 'none' }
  // `request.body` is not looked at before it is wanted: servers on Node begin to read it then, and what is not taken
  // stays in the way of the connection's next request.
  return { type: 'stream', chunks: chunksOf(request) }
}

async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.bodyUsed) throw new TypeError('the body was read before the request came to the task routes')
  if (request.body !== null) yield* request.body
}
