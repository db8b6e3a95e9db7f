import { expect, it } from 'vitest'
import { ProgressThrottle } from '../../src/run/progress-throttle.ts'
import { manualClock } from '../support/manual-clock.ts'

it('lets one report through per interval, the latest, and never holds the last one back', () => {
  const clock = manualClock()
  const written: number[] = []
  const throttle = new ProgressThrottle(({ done }) => written.push(done), clock, 100)
  for (let done = 1; done <= 50; done++) {
    throttle.report({ done, total: 50 })
    clock.advance(10)
  }
  expect(written.length).toBeLessThanOrEqual(6)
  expect(written[0]).toBe(1)
  clock.advance(100)
  expect(written.at(-1)).toBe(50)
  expect([...written].sort((a, b) => a - b)).toEqual(written)
  const count = written.length
  clock.advance(1_000)
  expect(written).toHaveLength(count)
})

it('writes what it holds when the run is over', () => {
  const written: number[] = []
  const throttle = new ProgressThrottle(({ done }) => written.push(done), manualClock(), 100)
  throttle.report({ done: 1, total: 3 })
  throttle.report({ done: 2, total: 3 })
  throttle.report({ done: 3, total: 3 })
  expect(written).toEqual([1])
  throttle.flush()
  expect(written).toEqual([1, 3])
})
