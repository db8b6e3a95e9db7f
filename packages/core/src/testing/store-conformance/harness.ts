import { afterEach, beforeEach } from 'vitest'
import type { TaskStore } from '../../store/index.ts'

/**
 * The store's clock. It MUST stand still unless a test moves it: a store that asks its database for the time takes a
 * clock from the harness instead.
 */
export interface StoreClock {
  /** Milliseconds since 1970. */
  now(): number
  /** Moves the clock on; resolves when every node goes by the new time. */
  advance(ms: number): void | Promise<void>
}

/** One empty store and what a test needs around it. */
export interface StoreHarness {
  store: TaskStore
  /** Another node: a second store on the same data. Default: the store itself. */
  peer?: TaskStore
  clock: StoreClock
  dispose(): void | Promise<void>
}

/** Opens an empty store; called once per test. */
export type MakeStore = () => StoreHarness | Promise<StoreHarness>

/** What a test is given. */
export interface OpenStore {
  readonly store: TaskStore
  readonly peer: TaskStore
  readonly clock: StoreClock
}

/** Opens a store before each test of the surrounding `describe` and disposes of it afterwards. */
export function useStore(makeStore: MakeStore): OpenStore {
  let harness: StoreHarness | null = null

  function current(): StoreHarness {
    if (harness === null) throw new Error('the store is open only while a test runs')
    return harness
  }

  beforeEach(async () => {
    harness = await makeStore()
  })
  afterEach(async () => {
    await harness?.dispose()
    harness = null
  })
  return {
    get store() {
      return current().store
    },
    get peer() {
      return current().peer ?? current().store
    },
    get clock() {
      return current().clock
    },
  }
}
