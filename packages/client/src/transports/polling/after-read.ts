import type { TaskClientError } from '../../errors.ts'
import { backOff } from './backoff.ts'
import type { Next } from './turn.ts'

/** How it stands after a page that was applied. */
export interface PageReadings {
  /** The task has ended and the whole log is here. */
  finished: boolean
  /** The page reached the end of the log. */
  upToDate: boolean
  /** It moved the cursor. */
  ledOn: boolean
  /** Something other than reads brings what comes after the end. */
  isFollowed: boolean
  /** Milliseconds to the next read of a log that has no more to give at once. */
  pauseMs: number
}

/** What a page leads to. */
export function afterPage({ finished, upToDate, ledOn, isFollowed, pauseMs }: PageReadings): Next {
  const error = null
  if (finished) return { phase: 'done', error }
  if (upToDate && isFollowed) return { phase: 'following', error }
  // Only a page that led on is followed at once: a server that says "more" and stands still would be asked without a
  // pause. And at once is by a timer: answers that come in microtasks, one after another, would freeze the host.
  return { phase: 'waiting', delayMs: upToDate || !ledOn ? pauseMs : 0, error }
}

/**
 * What a read leads to that brought no page that fits.
 *
 * @param failures those before it, since the last page that fitted
 * @param voids how often the log was void before, since it was last followed, from one page to the next, to its end
 * @param random at least 0, below 1
 */
export function afterFailure(error: TaskClientError, failures: number, voids: number, random: number): Next {
  // The first time at once and unseen; a log that is void again and again backs off, whatever pages came between.
  if (error.code === 'cursor_void') return voids ? backOff(voids, error, random) : { phase: 'reading' }
  return error.transient ? backOff(failures, error, random) : { phase: 'failed', error }
}
