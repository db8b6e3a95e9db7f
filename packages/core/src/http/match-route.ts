import { TaskError } from '../errors.ts'
import { cancelTask, createTask, listTasks, type Route, readTask } from './routes/index.ts'

/** A route that fits, with what its path and query say. */
export interface RouteMatch {
  route: Route
  /** Empty for the collection, and for an id that no task can have. */
  taskId: string
  query: URLSearchParams
}

/** A path that is known, but not with this method. */
export interface MethodMismatch {
  /** Value of the `Allow` header. */
  allow: string
}

type Methods = Readonly<Record<string, Route>>

const collection: Methods = { GET: listTasks, POST: createTask }
const task: Methods = { GET: readTask }
const cancel: Methods = { POST: cancelTask }

/**
 * Finds the route of a path and query below the base. `HEAD` goes where `GET` goes.
 *
 * @throws TaskError `route_not_found`
 */
export function matchRoute(method: string, url: string): RouteMatch | MethodMismatch {
  const [path = '', ...search] = url.split('?')
  const [, ...segments] = path.split('/')
  if (segments.at(-1) === '') segments.pop()
  const methods = methodsOf(segments)
  if (methods === null) {
    throw new TaskError('route_not_found', 'There is no such route. Check the path below the base path.')
  }
  const name = method === 'HEAD' ? 'GET' : method
  const route = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (route !== undefined) {
    return { route, taskId: decodeId(segments[0] ?? ''), query: new URLSearchParams(search.join('?')) }
  }
  const allowed = Object.keys(methods)
  return { allow: (allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed).join(', ') }
}

function methodsOf(segments: readonly string[]): Methods | null {
  if (segments.length === 0) return collection
  if (segments.length === 1) return task
  return segments.length === 2 && segments[1] === 'cancel' ? cancel : null
}

function decodeId(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    // Broken percent-encoding; the answer is that of an unknown task.
    return ''
  }
}
