import { TaskError } from './errors.ts'

/**
 * Asks a store on somebody's behalf who waits for the answer. A throw that is not one of our own errors means that the
 * store is away.
 *
 * @throws TaskError `store_unavailable`
 */
export function askStore<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    // Not `await`ed: this stands before every read, and a function that waits costs more than one that hands on.
    return call().then(undefined, refuse)
  } catch (cause) {
    return Promise.reject(failure(cause))
  }
}

function refuse(cause: unknown): never {
  throw failure(cause)
}

function failure(cause: unknown): TaskError {
  if (TaskError.is(cause)) return cause
  return new TaskError('store_unavailable', 'The task store does not answer; try again in a moment.', {
    cause,
    retryAfter: 1,
  })
}
