export type { SqliteLike, SqliteStatement, SqliteValue } from './sqlite-like.ts'
export { type SqliteStoreOptions, sqliteStore } from './sqlite-store.ts'
