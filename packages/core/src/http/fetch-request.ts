import { streamOf } from './push/index.ts'
import {
  type RequestBody,
  type RequestHeaders,
  type TaskRequest,
  type TaskResponse,
  wholeBody,
} from './task-request.ts'

/** What is different from what a web `Request` says of itself. */
export interface FetchRequestParts {
  /** For `authenticate`. Default: the request itself. */
  raw?: unknown
  /** What somebody else has read already. */
  body?: RequestBody | null
}

/**
 * A web `Request` in neutral form. The URL's path must stand below `basePath`. What most requests are never asked for is
 * made when it is asked for: the lightweight requests of servers on Node become whole ones by their signal or their body.
 */
export function fromFetchRequest(
  request: Request,
  basePath: string,
  parts: FetchRequestParts = {},
): TaskRequest {
  return new FetchTaskRequest(request, basePath, parts)
}

class FetchTaskRequest implements TaskRequest {
  readonly url: string
  readonly basePath: string
  readonly raw: unknown
  readonly #request: Request
  #body: RequestBody | null

  constructor(request: Request, basePath: string, { raw = request, body = null }: FetchRequestParts) {
    this.url = targetOf(request.url).slice(basePath.length)
    this.basePath = basePath
    this.raw = raw
    this.#request = request
    this.#body = body
  }

  get method(): string {
    return this.#request.method
  }

  get host(): string | null {
    return this.headers.get('host') ?? new URL(this.#request.url).host
  }

  get headers(): RequestHeaders {
    return this.#request.headers
  }

  get body(): RequestBody {
    this.#body ??= bodyOf(this.#request)
    return this.#body
  }

  get signal(): AbortSignal {
    return this.#request.signal
  }
}

/** Path and query of the URL of a web `Request`, which is absolute and normalized. */
export function targetOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  const end = url.indexOf('#', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

/** The web `Response` of a neutral answer to a request of `method`. */
export function toFetchResponse(answer: TaskResponse, method: string): Response {
  const { status, headers } = answer
  const body = wholeBody(answer.body)
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
