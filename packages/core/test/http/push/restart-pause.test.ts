import { describe, expect, it } from 'vitest'
import { restartPause } from '../../../src/http/push/restart-pause.ts'

describe('the pause of a connection whose server goes', () => {
  const pausesOf = (count: number): number[] =>
    Array.from({ length: count }, (_, place) => restartPause(place, count))

  it('leaves another process the time to come up, also for one connection alone', () => {
    expect(pausesOf(1)).toEqual([500])
  })

  it('is short for few', () => {
    expect(pausesOf(5)).toEqual([500, 502, 505, 507, 510])
  })

  it.each([2_000, 50_000])('spreads %i evenly over five seconds', (count) => {
    const pauses = pausesOf(count)
    expect(pauses[0]).toBe(500)
    expect(pauses.at(-1)).toBeGreaterThan(5_490)
    expect(pauses.at(-1)).toBeLessThan(5_500)
    const firstSecond = pauses.filter((pause) => pause < 1_500)
    expect(Math.abs(firstSecond.length - count / 5)).toBeLessThan(20)
  })
})
