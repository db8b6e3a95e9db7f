import { TaskError } from '../errors.ts'

/** The refusal of a path that is none of the routes', and of a route that is closed to the viewer. */
export function routeNotFound(): TaskError {
  return new TaskError('route_not_found', 'There is no such route. Check the path below the base path.')
}
