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
  return new Response(method === 'HEAD' ? null : body, { status, headers })
}

function bodyOf(request: Request): RequestBody {
  return request.body === null ? { type: 'none' } : { type: 'stream', chunks: chunksOf(request) }
}

async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  if (request.bodyUsed) throw new TypeError('the body was read before the request came to the task routes')
  if (request.body !== null) yield* request.body
}
