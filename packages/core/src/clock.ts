/** Time and timers, passed in so that tests and hosts can bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Calls `callback` once after `ms` milliseconds; the answer cancels it. A `background` timer must not keep the
   * process alive.
   */
  schedule(callback: () => void, ms: number, options?: { background: boolean }): () => void
}

/** The host's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(callback, ms, options) {
    const timer = setTimeout(callback, ms)
    if (options?.background) timer.unref()
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
