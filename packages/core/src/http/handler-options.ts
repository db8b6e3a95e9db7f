import { defaults } from '../defaults.ts'
import { TaskError } from '../errors.ts'
import { defaultBasePath } from '../protocol/index.ts'
import type { TaskManager } from '../task-manager.ts'
import type { Authenticate } from './authenticate.ts'
import { type ViewerId, viewerIds } from './viewer-id.ts'

/** Bounds of what a request may ask for. */
export interface HandlerLimits {
  /** Bytes of a body, for task types that name no bound of their own. Default 1 MiB. */
  maxBodyBytes?: number
  /** Nesting of a body. Default 64. */
  maxJsonDepth?: number
  /** Longest long-poll in milliseconds; longer wishes are cut to it. Default 25 s. */
  maxWaitMs?: number
  /** Tasks in one page of a list, also when more are asked for. Default 200. */
  maxListLimit?: number
}

/** Takes failures that the client was only told about as `internal_error`. */
export type HttpErrorReporter = (error: unknown, context: { stage: 'http' }) => void

/** What the routes need of a `TaskManager`. */
export type RoutedManager = Pick<
  TaskManager,
  'definitions' | 'create' | 'get' | 'list' | 'read' | 'waitForChange' | 'cancel'
>

/** Options of every mount of the task routes. */
export interface TaskHandlerOptions {
  /** Says who is asking; `null` and `undefined` are answered with 401. */
  authenticate: Authenticate
  /** Path under which the routes are mounted. Default `/api/tasks`; a framework's mount prefix wins over it. */
  basePath?: string
  /**
   * Origins besides the server's own, such as `https://app.example.com`, whose pages may write with a cookie.
   * Behind a proxy that changes the `Host` header, the public origin belongs here too.
   */
  allowedOrigins?: readonly string[]
  /**
   * Key of the `viewer` ids. Default: random for each process; give several processes the same one, or the tabs of
   * one user will not know each other.
   */
  secret?: string
  limits?: HandlerLimits
  /** Default: `process.emitWarning`. */
  onError?: HttpErrorReporter
  /** Milliseconds since 1970. Default: the host's clock. */
  now?: () => number
}

/** What the routes work with: the manager, and the options with every default filled in. */
export interface HandlerContext {
  readonly manager: RoutedManager
  readonly authenticate: Authenticate
  readonly basePath: string
  readonly allowedOrigins: ReadonlySet<string>
  readonly limits: Required<HandlerLimits>
  readonly viewerOf: ViewerId
  readonly onError: HttpErrorReporter
  readonly now: () => number
}

/**
 * Fills in the defaults and refuses what could not answer a single request.
 *
 * @throws TaskError `invalid_definition`
 */
export function handlerContext(manager: RoutedManager, options: TaskHandlerOptions): HandlerContext {
  if (typeof manager?.create !== 'function') {
    throw new TaskError('invalid_definition', 'The task routes need a TaskManager as their first argument.')
  }
  if (typeof options?.authenticate !== 'function') {
    throw new TaskError(
      'invalid_definition',
      'The task routes need a function `authenticate` in their options, which says whose request it is.',
    )
  }
  return {
    manager,
    authenticate: options.authenticate,
    basePath: normalize(options.basePath ?? defaultBasePath),
    allowedOrigins: new Set(options.allowedOrigins),
    limits: {
      maxBodyBytes: options.limits?.maxBodyBytes ?? defaults.maxBodyBytes,
      maxJsonDepth: options.limits?.maxJsonDepth ?? defaults.maxJsonDepth,
      maxWaitMs: options.limits?.maxWaitMs ?? defaults.maxWaitMs,
      maxListLimit: options.limits?.maxListLimit ?? defaults.maxListLimit,
    },
    viewerOf: viewerIds(options.secret),
    onError: options.onError ?? warn,
    now: options.now ?? Date.now,
  }
}

/** One slash before the path and none behind it; the root is the empty path. */
function normalize(basePath: string): string {
  const segments = basePath.split('/').filter((segment) => segment !== '')
  return segments.map((segment) => `/${segment}`).join('')
}

/** Reports a failure that nobody else takes, as a warning of the process. */
export function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? (error.stack ?? error.message) : String(error), {
    type: 'OutlastWarning',
    detail: 'A task route failed. Pass onError to handle it.',
  })
}
