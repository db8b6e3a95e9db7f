import { messageOf, TaskError } from '../../errors.ts'
import { type Row, toRow } from './row.ts'
import { migrate } from './schema.ts'
import type { SqliteLike, SqliteStatement, SqliteValue } from './sqlite-like.ts'
import { toStoreError } from './store-error.ts'
import { encodeText } from './text-codec.ts'

/** How a session sets up its connection. */
export interface SessionOptions {
  /** Of the SQL setting; see {@link SqliteStoreOptions}. */
  synchronous: 'normal' | 'full'
  busyTimeoutMs: number
}

const synchronousPragmas = {
  normal: 'PRAGMA synchronous = NORMAL',
  full: 'PRAGMA synchronous = FULL',
} as const

/** One store's use of a connection: prepared statements by their text, and transactions that leave nothing open. */
export class SqliteSession {
  readonly #database: SqliteLike
  readonly #options: SessionOptions
  readonly #statements: Map<string, SqliteStatement> = new Map()
  #state: 'new' | 'ready' | 'closed' = 'new'

  /** @throws TaskError `store_unavailable` when a newer release has written the database. */
  constructor(database: SqliteLike, options: SessionOptions) {
    this.#database = database
    this.#options = options
    try {
      this.#open()
    } catch (error) {
      // A database that is locked or full right now is set up by the first call that finds it well.
      if (!TaskError.is(error, 'store_unavailable') || error.retryAfter === null) throw error
    }
  }

  /** The first row of a query; `undefined` when there is none. */
  get(sql: string, ...parameters: SqliteValue[]): Row | undefined {
    const row = this.#statement(sql).get(...bind(parameters))
    return row === undefined || row === null ? undefined : toRow(row)
  }

  all(sql: string, ...parameters: SqliteValue[]): Row[] {
    return this.#statement(sql)
      .all(...bind(parameters))
      .map(toRow)
  }

  /** Runs a statement that writes; answers how many rows it wrote. */
  run(sql: string, ...parameters: SqliteValue[]): number {
    return Number(this.#statement(sql).run(...bind(parameters)).changes)
  }

  /** Runs a text without parameters that is not worth keeping as a prepared statement. */
  exec(sql: string): void {
    this.#database.exec(sql)
  }

  /** Runs `step` on one state of the database. @throws TaskError `store_unavailable` */
  read<Answer>(step: () => Answer): Answer {
    this.#ensureReady()
    return this.#transact('BEGIN', step)
  }

  /**
   * Runs `step` as one transaction, which no other connection's write can come between: all of it is committed when
   * this returns, and nothing when it throws.
   *
   * @throws TaskError `store_unavailable`
   */
  write<Answer>(step: () => Answer): Answer {
    this.#ensureReady()
    return this.#transact('BEGIN IMMEDIATE', step)
  }

  /** Lets go of the statements; the connection stays its owner's. */
  close(): void {
    this.#state = 'closed'
    this.#statements.clear()
  }

  #ensureReady(): void {
    if (this.#state === 'closed') {
      throw new TaskError('store_unavailable', 'The store was closed; open a new one.')
    }
    if (this.#state === 'new') this.#open()
  }

  #open(): void {
    try {
      this.exec(`PRAGMA busy_timeout = ${Math.trunc(this.#options.busyTimeoutMs)}`)
      this.exec(synchronousPragmas[this.#options.synchronous])
      // Only where it is not yet so: the change needs the whole database for itself, and a file that may be written.
      if (this.get('PRAGMA journal_mode')?.journal_mode !== 'wal') this.get('PRAGMA journal_mode = WAL')
      // Already now, since the migration is a transaction of this session.
      this.#state = 'ready'
      migrate(this)
    } catch (error) {
      this.#state = 'new'
      throw toStoreError(error)
    }
  }

  // Begin and end are not prepared: in libsql a prepared one that fails as busy stays in progress, and no commit after
  // it succeeds.
  #transact<Answer>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', step: () => Answer): Answer {
    try {
      this.exec(begin)
    } catch (error) {
      throw toStoreError(error)
    }
    try {
      const answer = step()
      this.exec('COMMIT')
      return answer
    } catch (error) {
      this.#rollBack(error)
      throw toStoreError(error)
    }
  }

  #rollBack(cause: unknown): void {
    try {
      this.exec('ROLLBACK')
    } catch (error) {
      // SQLite itself has rolled back what a full disk or a failing one broke off.
      if (/no transaction is active/i.test(messageOf(error))) return
      throw new AggregateError([cause, error], 'A transaction failed and could not be rolled back.')
    }
  }

  #statement(sql: string): SqliteStatement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

/** In place, since the list is a call's own. */
function bind(parameters: SqliteValue[]): SqliteValue[] {
  for (const [position, value] of parameters.entries()) {
    if (typeof value === 'string') parameters[position] = encodeText(value)
  }
  return parameters
}
