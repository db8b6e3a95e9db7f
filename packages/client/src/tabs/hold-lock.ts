import type { TabLocks } from './tab-host.ts'

/**
 * Asks for a lock, and holds it until the answer is called, which also ends the wait for it.
 *
 * @param steal take it at once, from whoever holds it
 * @param granted called when the lock is held
 * @param lost called when it was stolen, or cannot be had at all; never after the answer was called
 */
export function holdLock(
  locks: TabLocks,
  name: string,
  steal: boolean,
  granted: () => unknown,
  lost: () => unknown,
): () => void {
  const waiting = new AbortController()
  let release = (): void => {}
  const { signal } = waiting
  locks
    // Browsers refuse a signal beside `steal`; a theft needs none, as it waits for nobody.
    .request(name, steal ? { steal } : { signal }, () => {
      if (signal.aborted) return
      granted()
      return new Promise((resolve) => {
        release = resolve
        if (signal.aborted) resolve()
      })
    })
    .catch(() => {
      if (!signal.aborted) lost()
    })
  return () => {
    waiting.abort()
    release()
  }
}
