import { TaskClientError } from './errors.ts'

/** Whether an answer was lost, or a gateway could not pass the request on: asked again, it may go well. */
export function isLost(error: unknown): error is TaskClientError {
  return (
    TaskClientError.is(error) &&
    (error.code === 'network_error' || [502, 503, 504].includes(error.status ?? 0))
  )
}
