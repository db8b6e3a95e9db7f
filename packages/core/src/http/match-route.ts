import { parseQuery, type Query } from './parse-query.ts'
import { routeNotFound } from './route-not-found.ts'
import {
  answerInput,
  cancelActive,
  cancelTask,
  cancelTool,
  createTask,
  deleteTask,
  listTasks,
  type Route,
  readDurable,
  readOpenApi,
  readStats,
  readTask,
  streamEvents,
} from './routes/index.ts'

/** A route that fits, with what its path and query say. */
export interface RouteMatch {
  route: Route
  /** Empty for the collection, and for an id that no task can have. */
  taskId: string
  /** Empty where the path has none. */
  toolId: string
  query: Query
}

/** A path that is known, but not with this method. */
interface MethodMismatch {
  /** Value of the `Allow` header. */
  allow: string
}

type Methods = Readonly<Record<string, Route>>

/** The routes, as PROTOCOL.md lists them. Ids are random and long: none is ever one of these words. */
export const routeTable: Readonly<Record<string, Methods>> = {
  '/': { GET: listTasks, POST: createTask },
  '/cancel': { POST: cancelActive },
  '/stats': { GET: readStats },
  '/openapi.json': { GET: readOpenApi },
  '/:id': { GET: readTask, DELETE: deleteTask },
  '/:id/events': { GET: streamEvents },
  '/:id/durable': { GET: readDurable },
  '/:id/cancel': { POST: cancelTask },
  '/:id/input': { POST: answerInput },
  '/:id/tools/:tool_id/cancel': { POST: cancelTool },
}

/** Most targets that are remembered, and how long one may be. */
const maxRemembered = 1_000
const maxRememberedLength = 256

/** Matches as {@link matchRoute} does. */
export type RouteMatcher = typeof matchRoute

/** Remembers what it has matched: a client that waits for news asks for the same again and again. */
export function routeMatcher(): RouteMatcher {
  const remembered = new Map<string, RouteMatch>()
  return (method, url) => {
    if (method !== 'GET') return matchRoute(method, url)
    const known = remembered.get(url)
    if (known !== undefined) return known
    const match = matchRoute(method, url)
    if ('route' in match && url.length <= maxRememberedLength) {
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(url, match)
    }
    return match
  }
}

/**
 * Finds the route of a path and query below the base. `HEAD` goes where `GET` goes.
 *
 * @throws TaskError `route_not_found`
 */
function matchRoute(method: string, url: string): RouteMatch | MethodMismatch {
  const queryStart = url.indexOf('?')
  const path = queryStart === -1 ? url : url.slice(0, queryStart)
  const segments = path.split('/').slice(1)
  if (segments.at(-1) === '') segments.pop()
  const pattern = patternOf(segments)
  const methods = Object.hasOwn(routeTable, pattern) ? routeTable[pattern] : undefined
  if (methods === undefined) throw routeNotFound()
  const name = method === 'HEAD' ? 'GET' : method
  const route = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (route !== undefined) {
    const [taskId, , toolId] = segments
    const query = parseQuery(queryStart === -1 ? '' : url.slice(queryStart + 1))
    return { route, taskId: decodeId(taskId), toolId: decodeId(toolId), query }
  }
  const allowed = Object.keys(methods).flatMap((known) => (known === 'GET' ? ['GET', 'HEAD'] : known))
  return { allow: allowed.join(', ') }
}

/** The path with its ids made general, whether there is such a route or not. */
function patternOf(segments: readonly string[]): string {
  const [first, part, , ...behind] = segments
  if (first === undefined) return '/'
  if (part === undefined) return first !== '' && Object.hasOwn(routeTable, `/${first}`) ? `/${first}` : '/:id'
  return segments.length > 2 ? ['/:id', part, ':tool_id', ...behind].join('/') : `/:id/${part}`
}

function decodeId(segment = ''): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    // Broken percent-encoding; the answer is that of an unknown task.
    return ''
  }
}
