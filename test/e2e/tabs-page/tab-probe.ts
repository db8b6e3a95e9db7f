import type { TaskClient, TaskObserver } from '@outlast/client'

/** What a tab tells the test that opened it. */
export interface TabProbe {
  client: TaskClient
  observer: TaskObserver
  /** Every change: when it was shown, and how far the log was read then. */
  changes: { at: number; next: number; status: string | null }[]
}

declare global {
  var tabProbe: TabProbe
}
