/** The Web Locks that tabs elect their leader by: `navigator.locks`. */
export interface TabLocks {
  /**
   * Calls `callback`, never before it returned, once the lock is free, or with `steal` at once; holds it until the
   * promise that `callback` answers settles. Rejects when `signal` fires before that, and when the lock is stolen.
   */
  request(
    name: string,
    options: { signal: AbortSignal } | { steal: true },
    callback: () => Promise<void> | undefined,
  ): Promise<unknown>
}

/** What tabs talk through: a `BroadcastChannel`. Messages of one sender MUST arrive in their order. */
export interface TabChannel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  close(): void
}

/** Where tabs meet. */
export interface TabHost {
  locks: TabLocks
  openChannel(name: string): TabChannel
}

/**
 * The browser's own, or `null` where it has none: Web Locks exist on secure pages only (TLS, or localhost). In Node,
 * which has both, nothing is shared: there are no tabs, and a channel would keep the process alive.
 */
export function browserTabs(): TabHost | null {
  const { document, navigator, BroadcastChannel } = globalThis
  const locks = document && navigator.locks
  return locks && BroadcastChannel ? { locks, openChannel: (name) => new BroadcastChannel(name) } : null
}
