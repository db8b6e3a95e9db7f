import type { TaskStore } from '@outlast/core'
import { type SqliteLike, type SqliteStatement, type SqliteValue, sqliteStore } from '@outlast/core/sqlite'
import Database from 'libsql'
import { expectTypeOf, test } from 'vitest'

// The shapes of handles that this project does not install, as far as they could get into the way: `better-sqlite3`
// (@types/better-sqlite3 7.6) has generic parameters, `node:sqlite` (@types/node 22) overloads and narrower values.
declare namespace BetterSqlite3 {
  interface Statement<Parameters extends unknown[], Row> {
    run(...parameters: Parameters): { changes: number; lastInsertRowid: number | bigint }
    get(...parameters: Parameters): Row | undefined
    all(...parameters: Parameters): Row[]
  }
  interface Database {
    exec(source: string): this
    // biome-ignore lint/complexity/noBannedTypes: as it is declared there
    prepare<Parameters extends unknown[] | {} = unknown[], Row = unknown>(
      source: string,
    ): Parameters extends unknown[] ? Statement<Parameters, Row> : Statement<[Parameters], Row>
    close(): this
  }
}
declare namespace NodeSqlite {
  type Input = null | number | bigint | string | NodeJS.ArrayBufferView
  type Output = null | number | bigint | string | Uint8Array
  interface StatementSync {
    run(...anonymous: Input[]): { changes: number | bigint; lastInsertRowid: number | bigint }
    run(named: Record<string, Input>, ...anonymous: Input[]): { changes: number | bigint }
    get(...anonymous: Input[]): Record<string, Output> | undefined
    get(named: Record<string, Input>, ...anonymous: Input[]): Record<string, Output> | undefined
    all(...anonymous: Input[]): Record<string, Output>[]
    all(named: Record<string, Input>, ...anonymous: Input[]): Record<string, Output>[]
  }
  interface DatabaseSync {
    exec(sql: string): void
    prepare(sql: string): StatementSync
    close(): void
  }
}

test('an open handle of each library fits', () => {
  expectTypeOf(sqliteStore(new Database('tasks.db'))).toEqualTypeOf<TaskStore>()
  expectTypeOf<Database.Database>().toExtend<SqliteLike>()
  expectTypeOf<BetterSqlite3.Database>().toExtend<SqliteLike>()
  expectTypeOf<NodeSqlite.DatabaseSync>().toExtend<SqliteLike>()
})

test('a handle whose answers are promises does not', () => {
  type Asynchronous = Omit<SqliteLike, 'prepare'> & {
    prepare(sql: string): { all(...parameters: SqliteValue[]): Promise<unknown[]> }
  }
  expectTypeOf<Asynchronous>().not.toExtend<SqliteLike>()
  // @ts-expect-error the name of a file is no database
  sqliteStore('tasks.db')
  expectTypeOf<SqliteValue>().toEqualTypeOf<string | number | null>()
  expectTypeOf<SqliteStatement['all']>().returns.toEqualTypeOf<unknown[]>()
})

test('every option may be left out', () => {
  sqliteStore({} as SqliteLike, {})
  sqliteStore({} as SqliteLike, {
    now: () => 0,
    random: (bytes) => new Uint8Array(bytes),
    synchronous: 'full',
    busyTimeoutMs: 500,
    closeDatabase: true,
  })
  // @ts-expect-error `off` would lose what was acknowledged
  sqliteStore({} as SqliteLike, { synchronous: 'off' })
})
