import { describe } from 'vitest'
import { describeActiveTask } from './store-conformance/active-task.ts'
import { describeBadData } from './store-conformance/bad-data.ts'
import { describeCapping } from './store-conformance/capping.ts'
import { describeConcurrency } from './store-conformance/concurrency.ts'
import { describeEvents } from './store-conformance/events.ts'
import type { MakeStore } from './store-conformance/harness.ts'
import { describeLeases } from './store-conformance/leases.ts'
import { describeLists } from './store-conformance/lists.ts'
import { describeRecords } from './store-conformance/records.ts'
import { describeRetention } from './store-conformance/retention.ts'
import { describeSignals } from './store-conformance/signals.ts'
import { describeWork } from './store-conformance/work.ts'

/** A group of the conformance tests, by the name under which its tests are reported. */
export type ConformanceGroup =
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

/** What a store does not claim. */
export interface ConformanceOptions {
  /** Groups that are left out, each with the reason: its tests are reported as skipped, under that reason. */
  skip?: { readonly [group in ConformanceGroup]?: string }
}

/**
 * Registers the tests that every `TaskStore` must pass, in the vitest file that calls it: each sentence of the
 * interface has one.
 *
 * @param name The store, as the tests' titles shall call it.
 * @param makeStore Opens an empty store; called once per test.
 * @throws Error if `skip` names no group, or gives no reason.
 * @example
 * ```ts
 * runTaskStoreConformance('my store', () => {
 *   let time = Date.now()
 *   const store = myStore({ now: () => time })
 *   const clock = { now: () => time, advance: (ms: number) => void (time += ms) }
 *   return { store, clock, dispose: () => store.close() }
 * })
 * ```
 */
export function runTaskStoreConformance(
  name: string,
  makeStore: MakeStore,
  options: ConformanceOptions = {},
): void {
  const skipped = reasons(options.skip ?? {})
  describe(`${name} conforms to TaskStore`, () => {
    for (const [group, describeGroup] of Object.entries(groups)) {
      const reason = skipped.get(group)
      if (reason === undefined) describeGroup(makeStore)
      else describe.skip(`skipped: ${reason}`, () => describeGroup(makeStore))
    }
  })
}

function reasons(skip: NonNullable<ConformanceOptions['skip']>): Map<string, string> {
  const given = new Map(Object.entries(skip))
  for (const [group, reason] of given) {
    if (!Object.hasOwn(groups, group)) {
      throw new Error(
        `There is no conformance group "${group}"; the groups are ${Object.keys(groups).join(', ')}.`,
      )
    }
    if (reason.trim() === '') throw new Error(`Say why the conformance group "${group}" is skipped.`)
  }
  return given
}
