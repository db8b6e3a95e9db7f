/** What this library binds to a statement. */
export type SqliteValue = string | number | null

/** A prepared statement with positional parameters. */
export interface SqliteStatement {
  /** Answers how many rows an INSERT, UPDATE or DELETE wrote. */
  run(...parameters: SqliteValue[]): { changes: number | bigint }
  /** The first row, as an object by column; `undefined` when there is none. */
  get(...parameters: SqliteValue[]): unknown
  /** Every row. */
  all(...parameters: SqliteValue[]): unknown[]
}

/** An open database of `libsql`, `better-sqlite3` or `node:sqlite`, or of anything else with their three methods. */
export interface SqliteLike {
  /** Runs statements without parameters. */
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}
