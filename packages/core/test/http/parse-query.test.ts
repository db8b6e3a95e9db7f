import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../src/http/parse-query.ts'

describe('the query of a URL', () => {
  it('is what URLSearchParams makes of it', () => {
    const part = fc.constantFrom('from', 'a', '1', '=', '&', '+', '%20', '%', '?', 'é', '\u{1f600}')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          const expected = new URLSearchParams(`?${text}`)
          const query = parseQuery(text)
          expect([...query.keys()]).toEqual([...new Set(expected.keys())])
          for (const [name, values] of query) expect(values).toEqual(expected.getAll(name))
        },
      ),
    )
  })
})
