import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../src/http/parse-query.ts'
import { readCursor, readWait } from '../../src/http/query-reader.ts'

describe('a query', () => {
  it('holds a cursor that is a safe whole number, or is refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.maxSafeNat().map(String)), (text) => {
        const query = parseQuery(new URLSearchParams({ from: text }).toString())
        if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) {
          expect(readCursor(query)).toBe(Number(text))
        } else {
          expect(() => readCursor(query)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }))
        }
      }),
    )
    expect(readCursor(parseQuery(''))).toBe(0)
  })

  it.each([
    ['', null, 0],
    ['wait_ms=250', null, 250],
    ['wait_ms=0', 'wait=10', 0],
    ['', 'wait=10', 10_000],
    ['', 'respond-async, wait=10', 10_000],
    ['', 'return=minimal; Wait = "3"', 3_000],
    ['', 'wait=soon', 0],
    ['', 'nowait=5', 0],
  ])('%j with the preference %j waits %i ms', (query, prefer, expected) => {
    const headers = new Headers(prefer === null ? {} : { prefer })
    expect(readWait(parseQuery(query), headers)).toBe(expected)
  })
})
