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
  readonly phase: 'waiting' | 'held'
  readonly delayMs: number
  readonly error: TaskClientError
}

/**
 * Tells of the trouble, and waits: the longer the more often it happened, and at least as long as the server said, which
 * may be no time at all.
 */
export function backOff(times: number, error: TaskClientError, random: number): BackOff {
  const toldMs = (error.retryAfter ?? 0) * 1_000
  return { error, phase: toldMs ? 'held' : 'waiting', delayMs: Math.max(toldMs, backoffMs(times, random)) }
}
