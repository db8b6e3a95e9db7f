import { describe } from 'vitest'
import { describeActiveTask } from './active-task.ts'
import { describeBadData } from './bad-data.ts'
import { describeCapping } from './capping.ts'
import { describeConcurrency } from './concurrency.ts'
import { describeEvents } from './events.ts'
import type { MakeStore } from './harness.ts'
import { describeLeases } from './leases.ts'
import { describeLists } from './lists.ts'
import { describeRecords } from './records.ts'
import { describeRetention } from './retention.ts'
import { describeSignals } from './signals.ts'
import { describeWork } from './work.ts'

export type { MakeStore, StoreHarness } from './harness.ts'

/** A group of the conformance tests. */
type ConformanceGroup =
  | 'records'
  | 'lists'
  | 'events'
  | 'capping'
  | 'activeTask'
  | 'signals'
  | 'leases'
  | 'work'
  | 'retention'
  | 'concurrency'
  | 'badData'

const groups: Record<ConformanceGroup, (makeStore: MakeStore) => void> = {
  records: describeRecords,
  lists: describeLists,
  events: describeEvents,
  capping: describeCapping,
  activeTask: describeActiveTask,
  signals: describeSignals,
  leases: describeLeases,
  work: describeWork,
  retention: describeRetention,
  concurrency: describeConcurrency,
  badData: describeBadData,
}

/** Which groups a store does not claim to pass. */
export interface ConformanceOptions {
  skip?: readonly ConformanceGroup[]
}

/** Registers the tests that every `TaskStore` must pass: each sentence of the interface has one. */
export function runTaskStoreConformance(
  name: string,
  makeStore: MakeStore,
  options: ConformanceOptions = {},
): void {
  describe(`${name} conforms to TaskStore`, () => {
    for (const [group, describeGroup] of Object.entries(groups)) {
      if (!options.skip?.some((skipped) => skipped === group)) describeGroup(makeStore)
    }
  })
}
