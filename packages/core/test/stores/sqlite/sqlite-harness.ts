import { sqliteStore } from '../../../src/stores/sqlite/index.ts'
import type { StoreHarness } from '../../../src/testing/index.ts'
import { openSqlite } from './open-sqlite.ts'
import type { SqliteDriver } from './sqlite-drivers.ts'

/** A store in a new file and a peer with a connection of its own, under one clock that stands still. */
export function sqliteHarness(driver: SqliteDriver): StoreHarness {
  let time = 1_767_225_600_000
  const now = () => time
  const file = openSqlite(driver)
  return {
    store: sqliteStore(file.connect(), { now }),
    peer: sqliteStore(file.connect(), { now }),
    clock: {
      now,
      advance(ms) {
        time += ms
      },
    },
    dispose: () => file.dispose(),
  }
}
