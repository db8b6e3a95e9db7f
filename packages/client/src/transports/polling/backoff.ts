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
