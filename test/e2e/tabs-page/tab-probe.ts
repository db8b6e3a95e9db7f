import type { TaskClient, TaskObserver } from '@outlast/client'

/** What a tab tells the test that opened it. */
export interface TabProbe {
  client: TaskClient
  observer: TaskObserver
  /** Every change: when it was shown, and how far the log was read then. */
  changes: { at: number; next: number; status: string | null }[]
  /** Takes the page's one component down. */
  unmount(): void
  /** Mounts components one after another, and takes each down a few milliseconds later, every fiftieth when a connection brings it news. */
  remount(count: number): Promise<void>
}

declare global {
  var tabProbe: TabProbe
}
