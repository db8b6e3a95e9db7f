import type { TaskStore } from '../../src/store/index.ts'
import { runTaskStoreConformance } from '../../src/testing/index.ts'
import { memoryHarness } from '../support/memory-harness.ts'
import { brokenStores } from './broken-stores.ts'

// Run by task-store-conformance.test.ts, which expects these to fail.
for (const [promise, { damage }] of Object.entries(brokenStores)) {
  runTaskStoreConformance(`a store that ${promise}`, () => {
    const harness = memoryHarness()
    const store = Object.assign(Object.create(harness.store) as TaskStore, damage(harness.store))
    return { ...harness, store }
  })
}

runTaskStoreConformance('a sound store', memoryHarness)
runTaskStoreConformance('a store with a gap', memoryHarness, {
  skip: { lists: 'one user only', work: 'no sweep' },
})
