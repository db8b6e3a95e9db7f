import { describe, expect, it } from 'vitest'
import { toStoreError } from '../../../src/stores/sqlite/store-error.ts'

function errorWith(fields: object): Error {
  return Object.assign(new Error('as the driver said it'), fields)
}

describe('an error of a driver', () => {
  it.each([
    ['libsql', { code: 'SQLITE_IOERR_WRITE', rawCode: 778 }],
    ['better-sqlite3', { code: 'SQLITE_BUSY_SNAPSHOT' }],
    ['node:sqlite', { code: 'ERR_SQLITE_ERROR', errcode: 13 }],
  ])('of %s that is an outage becomes store_unavailable with its cause', (_driver, fields) => {
    const error = errorWith(fields)
    expect(toStoreError(error)).toMatchObject({ code: 'store_unavailable', cause: error })
    expect(toStoreError(error)).toMatchObject({ retryAfter: expect.any(Number) })
  })

  it.each([
    ['a damaged file', { code: 'SQLITE_CORRUPT', rawCode: 11 }],
    ['a file that is no database', { code: 'ERR_SQLITE_ERROR', errcode: 26 }],
    ['a name that only begins alike', { code: 'SQLITE_PERMANENT' }],
    ['nothing known', {}],
  ])('that means %s stays what it is', (_what, fields) => {
    const error = errorWith(fields)
    expect(toStoreError(error)).toBe(error)
  })
})
