import Database from 'libsql'
import { expectTypeOf, it } from 'vitest'
import type { TaskStore } from '../../../src/store/index.ts'
import { type SqliteLike, type SqliteStoreOptions, sqliteStore } from '../../../src/stores/sqlite/index.ts'

/** The shape of node:sqlite's DatabaseSync, whose parameters are narrower than `unknown` and whose rows are objects. */
interface DatabaseSync {
  exec(sql: string): void
  prepare(sql: string): {
    run(...parameters: (null | number | bigint | string | Uint8Array)[]): { changes: number | bigint }
    get(...parameters: (null | number | bigint | string | Uint8Array)[]): Record<string, unknown> | undefined
    all(...parameters: (null | number | bigint | string | Uint8Array)[]): Record<string, unknown>[]
  }
  close(): void
}

it('takes an open database of the usual drivers', () => {
  expectTypeOf<InstanceType<typeof Database>>().toExtend<SqliteLike>()
  expectTypeOf<DatabaseSync>().toExtend<SqliteLike>()
  expectTypeOf(() =>
    sqliteStore(new Database('tasks.db'), { synchronous: 'full' }),
  ).returns.toEqualTypeOf<TaskStore>()
})

it('refuses what is no database and settings that do not exist', () => {
  expectTypeOf<{ exec(sql: string): void }>().not.toExtend<SqliteLike>()
  expectTypeOf<{ synchronous: 'off' }>().not.toExtend<SqliteStoreOptions>()
})
