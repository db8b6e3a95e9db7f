import { TaskError } from '../../errors.ts'

/** SQLite's primary result codes that say nothing about the data: once the cause is gone, a repeat succeeds. */
const outages: Readonly<Record<string, { code: number; message: string; retryAfter: number }>> = {
  PERM: {
    code: 3,
    message: 'The database may not be opened that way; check its permissions.',
    retryAfter: 5,
  },
  BUSY: { code: 5, message: 'Another connection holds the database; try again.', retryAfter: 1 },
  LOCKED: { code: 6, message: 'A table of the database is locked; try again.', retryAfter: 1 },
  NOMEM: { code: 7, message: 'SQLite has no memory left; try again.', retryAfter: 5 },
  READONLY: { code: 8, message: 'The database is read-only; make it writable.', retryAfter: 5 },
  INTERRUPT: { code: 9, message: 'The call to the database was interrupted; try again.', retryAfter: 1 },
  IOERR: { code: 10, message: 'The disk failed; check it and the space on it.', retryAfter: 5 },
  FULL: { code: 13, message: 'The disk or the database is full; make room.', retryAfter: 5 },
  CANTOPEN: {
    code: 14,
    message: 'A file of the database cannot be opened; check its folder.',
    retryAfter: 5,
  },
  PROTOCOL: { code: 15, message: 'The locks of the database are contended; try again.', retryAfter: 1 },
}

/** An outage of the database as `store_unavailable` with the cause kept; any other error as it is. */
export function toStoreError(error: unknown): unknown {
  for (const [name, { code, message, retryAfter }] of Object.entries(outages)) {
    if (!hasResultCode(error, name, code)) continue
    return new TaskError('store_unavailable', message, { cause: error, retryAfter })
  }
  return error
}

/**
 * Drivers tell the result code apart: `rawCode` (libsql) and `errcode` (node:sqlite) are numbers, whose low byte is the
 * primary code; better-sqlite3 has its name in `code`, such as `SQLITE_BUSY_SNAPSHOT`.
 */
function hasResultCode(error: unknown, name: string, primary: number): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { rawCode, errcode, code }: { rawCode?: unknown; errcode?: unknown; code?: unknown } = error
  const number = typeof rawCode === 'number' ? rawCode : errcode
  if (typeof number === 'number') return (number & 0xff) === primary
  return typeof code === 'string' && (code === `SQLITE_${name}` || code.startsWith(`SQLITE_${name}_`))
}
