import type { TabLocks } from './tab-host.ts'

/**
 * Asks for a lock, and holds it until the answer is called, which also ends the wait for it.
 *
 * @param steal take it at once, from whoever holds it
 * @param settle called with `true` when the lock is held, with `false` when it was stolen, or cannot be had at all; never
 * after the answer was called
 */
export function holdLock(
  locks: TabLocks,
  name: string,
  steal: boolean,
  settle: (isHeld: boolean) => void,
): () => void {
  const holding = new AbortController()
  const { signal } = holding
  locks
    // Browsers refuse a signal beside `steal`; a theft needs none, as it waits for nobody.
    .request(name, steal ? { steal } : { signal }, () => {
      if (signal.aborted) return
      const released = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      settle(true)
      return released
    })
    .catch(() => {
      if (!signal.aborted) settle(false)
    })
  return () => holding.abort()
}
