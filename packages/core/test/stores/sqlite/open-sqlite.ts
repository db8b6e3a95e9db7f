import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SqliteLike } from '../../../src/stores/sqlite/index.ts'
import type { SqliteDriver } from './sqlite-drivers.ts'

/** A database file in a folder of its own. */
export interface SqliteFile {
  readonly path: string
  /** Opens another connection, which goes with the file. */
  connect(): SqliteLike
  /** What SQLite finds wrong with the file: `ok` for nothing. */
  integrity(): unknown
  dispose(): void
}

/** Makes an empty database file. */
export function openSqlite(driver: SqliteDriver): SqliteFile {
  const folder = mkdtempSync(join(tmpdir(), 'outlast-sqlite-'))
  const path = join(folder, 'tasks.db')
  const connections: SqliteLike[] = []
  function connect(): SqliteLike {
    const connection = driver.connect(path)
    connections.push(connection)
    return connection
  }
  return {
    path,
    connect,
    integrity() {
      const row: unknown = connect().prepare('PRAGMA integrity_check').get()
      return typeof row === 'object' && row !== null && 'integrity_check' in row ? row.integrity_check : row
    },
    dispose() {
      for (const connection of connections.splice(0)) connection.close()
      rmSync(folder, { recursive: true })
    },
  }
}
