import { onTestFinished } from 'vitest'
import { memoryStore, type TaskStore } from '../../src/index.ts'
import { sqliteStore } from '../../src/stores/sqlite/index.ts'
import { openSqlite } from '../stores/sqlite/open-sqlite.ts'
import { sqliteDrivers } from '../stores/sqlite/sqlite-drivers.ts'

/** Settings that every kind of store takes. */
interface OpenOptions {
  /** The store's clock. Default: the host's. */
  now?: () => number
}

/** A kind of store on which a property is proved. */
export interface StoreKind {
  name: string
  /**
   * Makes an empty store, which goes when the current test is over, after its managers are closed. Each further call
   * of what is returned gives another node on the same data, the first call the first one.
   */
  open(options?: OpenOptions): () => TaskStore
}

const memory: StoreKind = {
  name: 'memory',
  open(options = {}) {
    const store = memoryStore(options)
    return () => store
  },
}

const sqlite: StoreKind = {
  name: 'SQLite',
  open(options = {}) {
    const [driver] = sqliteDrivers()
    if (driver === undefined) throw new Error('libsql is always there')
    const file = openSqlite(driver)
    onTestFinished(() => file.dispose())
    return () => sqliteStore(file.connect(), options)
  },
}

/** Every kind of store, for `describe.each`. A store's own drivers are compared by the conformance kit. */
export const eachStore: readonly StoreKind[] = [memory, sqlite]
