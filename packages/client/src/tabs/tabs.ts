import type { TransportFactory } from '../transports/index.ts'
import { type SharedTask, shareAcrossTabs } from './share-across-tabs.ts'
import { browserTabs, type TabHost } from './tab-host.ts'

/** Makes the transport of one task, shared with the other tabs; what `TaskClient` takes as `tabs`. */
export type TabSharing = (task: SharedTask) => TransportFactory

/**
 * Lets all tabs of one user share one connection: one tab reads, the others listen to it. Where the browser has no Web
 * Locks or no `BroadcastChannel`, every tab reads for itself.
 *
 * @param host where tabs meet; default: the browser's `navigator.locks` and `BroadcastChannel`
 *
 * @example
 * const client = new TaskClient({ tabs: tabs() })
 */
export function tabs(host: TabHost | null = browserTabs()): TabSharing {
  return (task) => (host ? (sink) => shareAcrossTabs(task, host, sink) : task.transport(task.taskId))
}
