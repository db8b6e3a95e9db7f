import { callListeners } from './call-listeners.ts'
import type { Platform } from './platform/index.ts'
import type { Transport } from './transports/index.ts'

/** A snapshot and those who watch it. */
export interface SnapshotSource<Snapshot> {
  /** Calls `listener` after every change of the snapshot, until the answer is called. */
  subscribe(listener: () => void): () => void
  /** What is known now; the same object until something changes. */
  getSnapshot(): Snapshot
  /** Something may have changed: look with the next frame, so that many changes are one. */
  publish(): void
  /** Look now. */
  flush(): void
}

/**
 * Keeps a snapshot for any number of listeners, and tells them when any of its fields has become another.
 *
 * @param make the snapshot as of now
 * @param transport runs while there are listeners
 */
export function snapshotSource<Snapshot extends object>(
  make: () => Snapshot,
  transport: Pick<Transport, 'start' | 'stop'>,
  platform: Pick<Platform, 'onFrame'>,
): SnapshotSource<Snapshot> {
  const listeners = new Set<() => void>()
  let snapshot = make()
  let isDue = false
  let cancelFrame = (): void => {}

  const flush = (): void => {
    isDue = false
    cancelFrame()
    const next = make()
    if ((Object.keys(next) as (keyof Snapshot)[]).every((key) => next[key] === snapshot[key])) return
    snapshot = next
    callListeners(listeners)
  }

  return {
    subscribe(listener) {
      const entry = (): void => listener() // The same function may listen twice.
      if (listeners.size === 0) {
        transport.start()
        flush()
      }
      listeners.add(entry)
      return () => {
        if (!listeners.delete(entry) || listeners.size > 0) return
        transport.stop()
        flush()
      }
    },
    getSnapshot: () => snapshot,
    publish() {
      // Never put off: where no frame comes, what stands in for it has to come, however often there is news.
      if (isDue) return
      isDue = true
      cancelFrame = platform.onFrame(flush)
    },
    flush,
  }
}
