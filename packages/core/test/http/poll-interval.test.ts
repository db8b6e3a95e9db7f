import { describe, expect, it } from 'vitest'
import { pollInterval } from '../../src/http/poll-interval.ts'
import { recordWith } from './records.ts'

describe('the interval that pollers are told', () => {
  it.each([
    [0, 150],
    [1_000, 150],
    [1_400, 550],
    [1_850, 1_000],
    [600_000, 1_000],
    [-5_000, 150],
  ])('%i ms after the log moved is %i ms', (age, expected) => {
    expect(pollInterval(recordWith({ updatedAt: 10_000 }), 10_000 + age)).toBe(expected)
  })

  it('is the quiet one for a finished task', () => {
    expect(pollInterval(recordWith({ status: 'succeeded', updatedAt: 10_000 }), 10_000)).toBe(1_000)
  })
})
