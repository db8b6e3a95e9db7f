import { TaskError } from '../errors.ts'
import type { RequestHeaders, TaskRequest } from './task-request.ts'

/** What `authenticate` is given. */
export interface AuthenticateRequest {
  headers: RequestHeaders
  /** Path and query, the base path included. */
  url: string
  /** The framework's own request: a web `Request`, an `IncomingMessage`, an Express request. */
  raw: unknown
}

/** Who is asking. */
export interface Identity {
  /** Never empty; tasks belong to it. */
  userId: string
  /** Default: `default`. */
  workspaceId?: string | undefined
  /** Stored with a new task and handed to its runner; must survive JSON. */
  session?: unknown
  /**
   * How the request proved it. A browser sends a `cookie` along with requests of foreign pages, so that writes are
   * checked for their origin; a `token` is sent on purpose.
   */
  via: 'cookie' | 'token'
}

/**
 * Says who is asking; `null` or `undefined` for nobody, as a lookup answers that found no one. A throw is a failure of
 * the server, unless it is a `TaskError`.
 */
export type Authenticate = (
  request: AuthenticateRequest,
) => Identity | null | undefined | PromiseLike<Identity | null | undefined>

/** {@link Identity} with its defaults filled in. */
export type Viewer = Identity & { workspaceId: string }

/**
 * Asks the application who sent a request. Answers at once when the application does.
 *
 * @throws TaskError `unauthenticated`, at once or as a rejection
 */
export function identify(
  authenticate: Authenticate,
  request: Pick<TaskRequest, 'headers' | 'url' | 'basePath' | 'raw'>,
): Viewer | Promise<Viewer> {
  const { headers, raw } = request
  const identity = authenticate({ headers, url: request.basePath + request.url, raw })
  return isPromiseLike(identity) ? Promise.resolve(identity).then(toViewer) : toViewer(identity)
}

function isPromiseLike(answer: ReturnType<Authenticate>): answer is PromiseLike<Identity | null | undefined> {
  return typeof answer === 'object' && answer !== null && 'then' in answer
}

function toViewer(identity: Identity | null | undefined): Viewer {
  if (identity === null || identity === undefined) {
    throw new TaskError('unauthenticated', 'Sign in and send the request again.')
  }
  // An application without types could name nobody, and everybody's tasks would be one user's.
  if (typeof identity.userId !== 'string' || identity.userId === '') {
    throw new TypeError(
      'authenticate must answer null, undefined or an object with a userId that is not empty',
    )
  }
  const { userId, workspaceId, session, via } = identity
  return { userId, workspaceId: workspaceId ?? 'default', session, via }
}

/** Says whether a viewer may see the statistics of the server. */
export type AuthorizeAdmin = (
  request: AuthenticateRequest & { viewer: Viewer },
) => boolean | PromiseLike<boolean>

/** Whether the application lets a viewer see the statistics; only `true` does. */
export async function isAdmin(
  authorizeAdmin: AuthorizeAdmin | null,
  request: TaskRequest,
  viewer: Viewer,
): Promise<boolean> {
  if (authorizeAdmin === null) return false
  const { headers, raw } = request
  return (await authorizeAdmin({ headers, url: request.basePath + request.url, raw, viewer })) === true
}
