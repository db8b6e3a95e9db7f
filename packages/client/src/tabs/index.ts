export type { SharedTask } from './share-across-tabs.ts'
export type { TabChannel, TabHost, TabLocks } from './tab-host.ts'
export { type TabSharing, tabs } from './tabs.ts'
