/**
 * Calls `listener` whenever the host reports that the network is back; the answer ends that. Only this edge is
 * used: `navigator.onLine` is true behind a dead router, so it is no reason to ask or not to ask.
 */
export function onOnline(listener: () => void): () => void {
  globalThis.addEventListener?.('online', listener)
  return () => globalThis.removeEventListener?.('online', listener)
}
