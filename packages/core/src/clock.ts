import { TaskError } from './errors.ts'

/** Time and timers, passed in so that tests and hosts can bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Calls `callback` once after `ms` milliseconds; the answer cancels it. A `background` timer must not keep the
   * process alive. However long `ms` is, it never fires early; with `Infinity` it never fires.
   */
  schedule(callback: () => void, ms: number, options?: { background: boolean }): () => void
}

/** The longest timer of the host: a longer one would fire after a millisecond. */
const longestTimerMs = 2_147_483_647

/** The host's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(callback, ms, options) {
    let timer: ReturnType<typeof setTimeout>
    const arm = (left: number): void => {
      const step = Math.min(left, longestTimerMs)
      timer = setTimeout(() => (left > step ? arm(left - step) : callback()), step)
      if (options?.background) timer.unref()
    }
    arm(ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` milliseconds, or as soon as `signal` fires; never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.schedule(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/**
 * Checks a duration that an application gave, in milliseconds; `Infinity` is one.
 *
 * @param name how the application calls it
 * @throws TaskError `invalid_definition` for what is negative, `NaN` or no number
 */
export function checkDuration(name: string, ms: number): void {
  if (typeof ms === 'number' && ms >= 0) return
  throw new TaskError(
    'invalid_definition',
    `\`${name}\` must be a number of milliseconds of at least 0, not ${String(ms)}.`,
  )
}
