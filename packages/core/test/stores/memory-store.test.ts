import { memoryStore } from '../../src/stores/memory/index.ts'
import { runTaskStoreConformance, type StoreHarness } from '../support/store-conformance/index.ts'
import { runTaskStoreInvariants } from './store-invariants.ts'

function makeStore(): StoreHarness {
  let time = 1_767_225_600_000
  const store = memoryStore({ now: () => time })
  return {
    store,
    clock: {
      now: () => time,
      advance(ms) {
        time += ms
      },
    },
    dispose: () => store.close(),
  }
}

runTaskStoreConformance('memoryStore', makeStore)
runTaskStoreInvariants('memoryStore', makeStore)
