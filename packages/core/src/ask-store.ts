import { TaskError } from './errors.ts'

/**
 * Asks a store on somebody's behalf who waits for the answer. A throw that is not one of our own errors means that the
 * store is away.
 *
 * @throws TaskError `store_unavailable`
 */
export async function askStore<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call()
  } catch (cause) {
    if (TaskError.is(cause)) throw cause
    throw new TaskError('store_unavailable', 'The task store does not answer; try again in a moment.', {
      cause,
      retryAfter: 1,
    })
  }
}
