import type { TaskClientError } from '../../errors.ts'

const firstMs = 1_000
const longestMs = 30_000

/**
 * Pause in milliseconds after the failure number `failures` (from 0): anything up to 1 s · 2ⁿ, at most 30 s.
 * Full jitter, because clients that lost the same server must not come back in the same instant.
 *
 * @param random at least 0, below 1
 */
export function backoffMs(failures: number, random: number): number {
  return random * Math.min(longestMs, firstMs * 2 ** failures)
}

/** A pause after trouble. `held`: the server said when to come back, which being woken does not override. */
export interface BackOff {
  readonly phase: 'retrying' | 'held'
  readonly delayMs: number
  readonly error: TaskClientError
}

/** Tells of the trouble, and waits: as long as the server said, or else the longer the more often it happened. */
export function backOff(times: number, error: TaskClientError, random: number): BackOff {
  return error.retryAfter === null
    ? { error, phase: 'retrying', delayMs: backoffMs(times, random) }
    : { error, phase: 'held', delayMs: error.retryAfter * 1_000 }
}
