import { describe, expect, it } from 'vitest'
import { settledJsonOf } from '../../src/http/settled-json.ts'
import { recordWith } from './records.ts'

describe('what a page says of its task', () => {
  it('is made once for a revision of a log', () => {
    const settledJson = settledJsonOf()
    const json = settledJson(recordWith({ progress: '{"value":1}' }))
    expect(JSON.parse(`${json}}`)).toMatchObject({ task_id: 't1', progress: { value: 1 }, epoch: 'e1' })
    // No store changes a record without its revision.
    expect(settledJson(recordWith({ progress: '{"value":2}' }))).toBe(json)
  })

  it.each([{ revision: 8 }, { epoch: 'e2' }, { id: 't2' }])('is made again for %j', (change) => {
    const settledJson = settledJsonOf()
    settledJson(recordWith({ progress: '{"value":1}' }))
    const json = settledJson(recordWith({ ...change, progress: '{"value":2}' }))
    expect(JSON.parse(`${json}}`)).toMatchObject({ progress: { value: 2 } })
  })

  it('is right for a result too long to remember, and for the next revision of it', () => {
    const settledJson = settledJsonOf()
    const long = JSON.stringify('x'.repeat(10_000))
    settledJson(recordWith({ result: '1' }))
    for (const revision of [8, 9]) {
      const json = settledJson(recordWith({ revision, result: long }))
      expect(JSON.parse(`${json}}`).result).toHaveLength(10_000)
    }
    expect(JSON.parse(`${settledJson(recordWith({ result: '2' }))}}`).result).toBe(2)
  })
})
