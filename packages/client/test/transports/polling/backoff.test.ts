import { expect, test } from 'vitest'
import { backoffMs } from '../../../src/transports/polling/backoff.ts'

test('the longest pause doubles from one second to thirty', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 2_000].map((failures) => backoffMs(failures, 1))
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
})

test('full jitter may shorten any pause to nothing', () => {
  expect(backoffMs(5, 0)).toBe(0)
  expect(backoffMs(1, 0.25)).toBe(500)
})
