import { memoryStore } from '../../src/stores/memory/index.ts'
import type { StoreHarness } from '../../src/testing/index.ts'

/** A memory store with a clock that stands still. */
export function memoryHarness(): StoreHarness {
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
