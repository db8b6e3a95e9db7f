/** Time and timers, passed in so that tests and hosts can bring their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `callback` once after `ms` milliseconds; the answer cancels it. */
  schedule(callback: () => void, ms: number): () => void
}

/** The host's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(callback, ms) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it fires. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.schedule(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
