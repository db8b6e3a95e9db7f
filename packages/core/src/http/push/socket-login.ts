import { TaskError } from '../../errors.ts'
import { type Authenticate, identify, type Viewer } from '../authenticate.ts'
import { checkNamedOrigin } from '../check-origin.ts'
import type { RequestHeaders } from '../task-request.ts'
import type { SocketRequest } from './socket-sink.ts'

/** Who stands at the other end of a socket, and the token that proved it last. */
export class SocketLogin {
  /** `null` until somebody has logged in. */
  viewer: Viewer | null = null
  token: string | null
  readonly #request: SocketRequest
  readonly #authenticate: Authenticate
  readonly #allowedOrigins: ReadonlySet<string>

  constructor(
    request: SocketRequest,
    options: { authenticate: Authenticate; allowedOrigins: ReadonlySet<string> },
  ) {
    this.#request = request
    this.#authenticate = options.authenticate
    this.#allowedOrigins = options.allowedOrigins
    this.token = request.token
  }

  /**
   * Asks who that is, by a token or, without one, by the request that opened the socket.
   *
   * @throws TaskError `unauthenticated`, also for another user than before; `forbidden_origin`
   */
  async logIn(token: string | null): Promise<Viewer> {
    const headers = token === null ? this.#request.headers : withToken(this.#request.headers, token)
    const viewer = await identify(this.#authenticate, { ...this.#request, headers })
    // A socket is opened by any page that asks for it, and the browser sends the cookie along.
    if (viewer.via !== 'token') checkNamedOrigin(this.#request, this.#allowedOrigins)
    if (this.viewer !== null && viewer.userId !== this.viewer.userId) {
      throw new TaskError('unauthenticated', 'The socket belongs to another user. Open a new one.')
    }
    this.token = token
    this.viewer = viewer
    return viewer
  }
}

/** The headers of the request that opened a socket, as if the token had stood in them. */
function withToken(headers: RequestHeaders, token: string): RequestHeaders {
  return { get: (name) => (name === 'authorization' ? `Bearer ${token}` : headers.get(name)) }
}
