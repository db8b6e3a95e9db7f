import { createRequire } from 'node:module'
import type { SqliteLike } from '../../../src/stores/sqlite/index.ts'

/** A driver that this host can load. */
export interface SqliteDriver {
  name: string
  connect(file: string): SqliteLike
}

type Constructor = new (file: string) => SqliteLike

const require = createRequire(import.meta.url)

/** Where each driver keeps the class of its databases. */
const classes: Readonly<Record<string, (loaded: Record<string, unknown>) => unknown>> = {
  libsql: (loaded) => loaded,
  'better-sqlite3': (loaded) => loaded,
  'node:sqlite': (loaded) => loaded.DatabaseSync,
}

function isConstructor(value: unknown): value is Constructor {
  return typeof value === 'function'
}

/** Loads a driver; `null` where this host has none. */
function load(name: string, classOf: (loaded: Record<string, unknown>) => unknown): SqliteDriver | null {
  try {
    const Database = classOf(require(name))
    if (!isConstructor(Database)) return null
    return { name, connect: (file) => new Database(file) }
  } catch (error) {
    // The project itself installs libsql alone: the others are not on every host, or not in every Node.
    if (name !== 'libsql' && error instanceof Error && 'code' in error) return null
    throw error
  }
}

/** The drivers that this host can load: libsql always, the others where they are. */
export function sqliteDrivers(): SqliteDriver[] {
  return Object.entries(classes)
    .map(([name, classOf]) => load(name, classOf))
    .filter((driver) => driver !== null)
}
