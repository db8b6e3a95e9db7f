export { type DropHintsOptions, dropHints } from './drop-hints.ts'
export { killAt, listedFaults, type RandomFaultsOptions, randomFaults } from './fault-plans.ts'
export {
  type Fault,
  type FaultPlan,
  type FaultyStore,
  faultyStore,
  type StoreCall,
  type StoreMethod,
} from './faulty-store.ts'
export { replayTask } from './replay-task.ts'
export {
  type MakeNotifier,
  type NotifierHarness,
  runTaskNotifierConformance,
} from './run-task-notifier-conformance.ts'
export {
  type ConformanceGroup,
  type ConformanceOptions,
  runTaskStoreConformance,
} from './run-task-store-conformance.ts'
export { seededRandom } from './seeded-random.ts'
export type { MakeStore, StoreClock, StoreHarness } from './store-conformance/harness.ts'
