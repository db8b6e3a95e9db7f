import { checkedNumbers, checkNames } from '../checked-numbers.ts'
import { type Clock, systemClock } from '../clock.ts'
import { defaults } from '../defaults.ts'
import { TaskError } from '../errors.ts'
import { defaultBasePath } from '../protocol/index.ts'
import type { TaskManager } from '../task-manager.ts'
import { ActiveQuota } from './active-quota.ts'
import type { Authenticate, AuthorizeAdmin } from './authenticate.ts'
import { isRequestError } from './error-response.ts'
import { type RouteMatcher, routeMatcher } from './match-route.ts'
import { type OpenApi, openApi } from './openapi.ts'
import { PushHub, type PushLimits, pushLimits } from './push/index.ts'
import type { RateLimit } from './rate-limit.ts'
import { type SettledJson, settledJsonOf } from './settled-json.ts'
import { type SharedEvents, sharedEventsOf } from './shared-events.ts'
import { type SharedSnapshots, sharedSnapshotsOf } from './shared-snapshots.ts'
import { type ViewerId, viewerIds } from './viewer-id.ts'

/** Bounds of what a request may ask for. */
export interface HandlerLimits {
  /** Bytes of a body, for task types that name no bound of their own. Default 1 MiB. */
  maxBodyBytes?: number
  /** Nesting of a body. Default 64. */
  maxJsonDepth?: number
  /** Keys of a body, of all its objects together. Default 10,000. */
  maxJsonKeys?: number
  /** Longest long-poll in milliseconds; longer wishes are cut to it. Default 25 s. */
  maxWaitMs?: number
  /** Tasks in one page of a list, also when more are asked for. Default 200. */
  maxListLimit?: number
  /** Active tasks of one user, above which creates are refused. Default 100; `Infinity` for no bound. */
  maxActivePerUser?: number
}

/** Takes failures that the client was only told about as `internal_error`. */
export type HttpErrorReporter = (error: unknown, context: { stage: 'http' }) => void

/** What the routes need of a `TaskManager`. */
export type RoutedManager = Pick<
  TaskManager,
  | 'definitions'
  | 'isAlone'
  | 'create'
  | 'get'
  | 'list'
  | 'read'
  | 'waitForChange'
  | 'watch'
  | 'watchUser'
  | 'openConnection'
  | 'on'
  | 'cancel'
  | 'cancelTool'
  | 'answerInput'
  | 'delete'
  | 'stats'
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
  /** How often one client may ask. Default: as often as it likes; that is a gateway's business. */
  rateLimit?: RateLimit
  /** Says who may see `GET /stats`. Default: nobody, there is no such route. */
  authorizeAdmin?: AuthorizeAdmin
  /**
   * Times and bounds of event streams and sockets; or a hub of {@link createPushHub} that several mounts share. Default:
   * one of its own.
   */
  push?: Partial<PushLimits> | PushHub
  /** Default: `process.emitWarning`. */
  onError?: HttpErrorReporter
  /** Default: the host's clock. */
  clock?: Clock
}

/** What the routes work with: the manager, and the options with every default filled in. */
export interface HandlerContext {
  readonly manager: RoutedManager
  readonly authenticate: Authenticate
  readonly basePath: string
  readonly allowedOrigins: ReadonlySet<string>
  readonly limits: Required<HandlerLimits>
  readonly rateLimit: RateLimit | null
  readonly authorizeAdmin: AuthorizeAdmin | null
  readonly quota: ActiveQuota
  readonly match: RouteMatcher
  readonly openApi: OpenApi
  readonly viewerOf: ViewerId
  readonly settledJson: SettledJson
  readonly sharedEvents: SharedEvents
  readonly sharedSnapshots: SharedSnapshots
  /** Takes a failure that was caught; those that are a request's own go no further. Never throws. */
  readonly report: (error: unknown) => void
  readonly clock: Clock
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly hub: PushHub
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
  checkNames('option of the task routes', options, optionNames)
  checkOptions(options)
  const limits = handlerLimits(options.limits)
  const clock = options.clock ?? systemClock
  const report = reporter(options.onError ?? warn)
  const { push } = options
  const hub = isHub(push) ? push : new PushHub({ manager, clock, limits: pushLimits(push), report })
  return {
    manager,
    authenticate: options.authenticate,
    basePath: normalize(options.basePath ?? defaultBasePath),
    allowedOrigins: new Set(checkedOrigins(options.allowedOrigins)),
    limits,
    rateLimit: options.rateLimit ?? null,
    authorizeAdmin: options.authorizeAdmin ?? null,
    quota: new ActiveQuota(manager, limits.maxActivePerUser),
    match: routeMatcher(),
    openApi: openApi(manager.definitions),
    viewerOf: viewerIds(options.secret),
    settledJson: settledJsonOf(),
    sharedEvents: sharedEventsOf(),
    sharedSnapshots: sharedSnapshotsOf(),
    report,
    clock,
    now: () => clock.now(),
    hub,
  }
}

/**
 * Makes what several mounts of one manager share, so that an event stream and a socket of the same task are fed by one
 * read of its log, and a user's connections are counted over all of them.
 *
 * @example
 * ```ts
 * const options = { authenticate, push: createPushHub(manager) }
 * const server = createServer(createNodeListener(manager, options))
 * attachTaskWebSocket(server, manager, options)
 * ```
 */
export function createPushHub(
  manager: RoutedManager,
  options: Partial<PushLimits> & Pick<TaskHandlerOptions, 'onError' | 'clock'> = {},
): PushHub {
  const { onError = warn, clock = systemClock, ...limits } = options
  return new PushHub({ manager, clock, limits: pushLimits(limits), report: reporter(onError) })
}

function isHub(push: TaskHandlerOptions['push']): push is PushHub {
  return push !== undefined && 'feeds' in push
}

/** Reports what is the server's own fault. A reporter that fails must not cost the client its answer. */
function reporter(onError: HttpErrorReporter): (error: unknown) => void {
  return (error) => {
    if (isRequestError(error)) return
    try {
      onError(error, { stage: 'http' })
    } catch (reporterError) {
      warn(reporterError)
    }
  }
}

function handlerLimits(given: HandlerLimits = {}): Required<HandlerLimits> {
  const known: Required<HandlerLimits> = {
    maxBodyBytes: defaults.maxBodyBytes,
    maxJsonDepth: defaults.maxJsonDepth,
    maxJsonKeys: defaults.maxJsonKeys,
    maxWaitMs: defaults.maxWaitMs,
    maxListLimit: defaults.maxListLimit,
    maxActivePerUser: defaults.maxActivePerUser,
  }
  return checkedNumbers('limit', known, given)
}

const optionNames = Object.keys({
  authenticate: true,
  basePath: true,
  allowedOrigins: true,
  secret: true,
  limits: true,
  rateLimit: true,
  authorizeAdmin: true,
  push: true,
  onError: true,
  clock: true,
  // Of the WebSocket mount, which may be given the same object.
  tokenInQuery: true,
} satisfies Record<keyof TaskHandlerOptions | 'tokenInQuery', true>)

/** One that no browser could send would let nobody in, and look as if it did. */
function checkedOrigins(origins: readonly string[] = []): readonly string[] {
  const wrong = Array.isArray(origins)
    ? origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin)
    : origins
  if (wrong === undefined) return origins
  throw new TaskError(
    'invalid_definition',
    `\`allowedOrigins\` is a list of origins such as "https://app.example.com"; ${JSON.stringify(wrong)} is none.`,
  )
}

/** Guards that are misspelt or of the wrong kind would let everybody in. */
function checkOptions({ rateLimit = {}, authorizeAdmin }: TaskHandlerOptions): void {
  const { reads, writes, keyOf, ...unknown } = rateLimit
  const [misspelt] = Object.keys(unknown)
  if (misspelt !== undefined) {
    throw new TaskError(
      'invalid_definition',
      `\`rateLimit\` has no "${misspelt}"; known are: reads, writes, keyOf.`,
    )
  }
  for (const [name, limiter] of Object.entries({ reads, writes })) {
    if (limiter === undefined || typeof limiter?.consume === 'function') continue
    throw new TaskError(
      'invalid_definition',
      `\`rateLimit.${name}\` must be a limiter with \`consume(key, points)\`, as those of rate-limiter-flexible.`,
    )
  }
  for (const [name, hook] of Object.entries({ 'rateLimit.keyOf': keyOf, authorizeAdmin })) {
    if (hook === undefined || typeof hook === 'function') continue
    throw new TaskError('invalid_definition', `\`${name}\` must be a function.`)
  }
}

/** One slash before the path and none behind it; the root is the empty path. */
function normalize(basePath: string): string {
  const segments = basePath.split('/').filter((segment) => segment !== '')
  return segments.map((segment) => `/${segment}`).join('')
}

/** Reports a failure that nobody else takes, as a warning of the process. */
function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? (error.stack ?? error.message) : String(error), {
    type: 'OutlastWarning',
    detail: 'A task route failed. Pass onError to handle it.',
  })
}
