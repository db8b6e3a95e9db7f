import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import type { TaskStore } from '../../../src/index.ts'
import { enumerateKills, type Scenario, type Variant } from '../../support/kill-enumerator.ts'
import { askingScenarios } from './asking.ts'
import { queueingScenarios } from './queueing.ts'
import { recoveringScenarios } from './recovering.ts'
import { runningScenarios } from './running.ts'
import { stoppingScenarios } from './stopping.ts'

const scenarios: readonly Scenario[] = [
  ...runningScenarios,
  ...stoppingScenarios,
  ...queueingScenarios,
  ...askingScenarios,
  ...recoveringScenarios,
]

/** A death while another process is there, and the late return of the dead one. */
export const beforeOthers: Variant = {
  name: 'while another process is there',
  survivorStarts: 'before',
  comesBack: 'at the end',
  fits: () => true,
}

/** The death of the only process: the next one that starts goes on. */
export const alone: Variant = {
  name: 'while no other process is there',
  survivorStarts: 'after',
  comesBack: 'at the end',
  fits: ({ hasOthers }) => !hasOthers,
}

/** A process that is stopped for so long that another one runs its task when it goes on. */
export const superseded: Variant = {
  name: 'and comes back while another process runs its task',
  survivorStarts: 'before',
  comesBack: 'meanwhile',
  fits: ({ definition }) => definition?.onInterrupted === 'retry',
}

/** Registers a test for each scenario in which a process may die. */
export function runKillSuite(
  title: string,
  makeStore: (now: () => number) => TaskStore,
  variants: readonly Variant[],
): void {
  beforeAll(() => {
    // The order of calls must not depend on how long they take.
    vi.useFakeTimers({ toFake: ['performance'] })
  })
  afterAll(() => {
    vi.useRealTimers()
  })

  describe.each(variants)(`${title}, when a process dies at whatever await $name`, (variant) => {
    const playable = scenarios.filter(variant.fits)
    it.each(playable)(
      'does no harm: $name',
      (scenario) => enumerateKills(scenario, variant, makeStore),
      120_000,
    )
  })
}
