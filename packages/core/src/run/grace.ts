import type { Clock } from '../clock.ts'

/**
 * Waits for work that ought to end when `signal` fires, but no longer than `graceMs` after that.
 *
 * @returns what the work resolved to; `null` when it was abandoned.
 */
export function withGrace<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
  clock: Clock,
  graceMs: number,
): Promise<Value | null> {
  return new Promise((resolve, reject) => {
    let cancelTimer: (() => void) | null = null
    const startGrace = (): void => {
      cancelTimer = clock.schedule(() => resolve(null), graceMs)
    }
    const tidy = (): void => {
      signal.removeEventListener('abort', startGrace)
      cancelTimer?.()
    }
    if (signal.aborted) startGrace()
    else signal.addEventListener('abort', startGrace, { once: true })
    work.then(resolve, reject).finally(tidy)
  })
}
