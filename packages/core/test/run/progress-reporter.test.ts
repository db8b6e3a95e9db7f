import { expect, it } from 'vitest'
import { ProgressReporter } from '../../src/run/progress-reporter.ts'
import type { ProgressReport } from '../../src/task-context.ts'
import { manualClock } from '../support/manual-clock.ts'

function reporterOn(earlierMs: readonly number[] = []) {
  const clock = manualClock()
  const written: ProgressReport[] = []
  const reporter = new ProgressReporter({
    write: (report) => written.push(report),
    clock,
    intervalMs: 100,
    earlierMs: () => earlierMs,
  })
  const steps = (count: number, ms: number, total: number): void => {
    for (let done = 0; done <= count; done++) {
      if (done > 0) clock.advance(ms)
      reporter.report({ done, total })
    }
  }
  return { clock, written, reporter, steps }
}

it('learns from every report, also from those that are not written', () => {
  const { written, steps } = reporterOn()
  steps(200, 10, 400)
  expect(written.length).toBeLessThan(25)
  expect(written.at(-1)?.eta_ms).toBeGreaterThan(1_950)
  expect(written.at(-1)?.eta_ms).toBeLessThan(2_150)
})

it('takes the time back, once, when the run falls silent', () => {
  const { clock, written, steps } = reporterOn()
  steps(10, 1_000, 20)
  expect(written.at(-1)).toEqual({ done: 10, total: 20, eta_ms: 10_000 })
  const count = written.length
  clock.advance(2_900)
  expect(written).toHaveLength(count)
  clock.advance(60_000)
  expect(written.slice(count)).toEqual([{ done: 10, total: 20 }])
})

it('takes back what earlier runs promised when their time is over', () => {
  const { clock, written, steps } = reporterOn([5_000, 5_000, 5_000])
  steps(0, 0, 20)
  expect(written).toEqual([{ done: 0, total: 20, eta_ms: 5_000 }])
  clock.advance(60_000)
  expect(written.slice(1)).toEqual([{ done: 0, total: 20 }])
})

it.each([7, null])('leaves it to a runner that says %s itself', (eta_ms) => {
  const { clock, written, reporter, steps } = reporterOn()
  steps(10, 1_000, 20)
  clock.advance(100)
  const count = written.length
  reporter.report({ done: 11, total: 20, eta_ms })
  clock.advance(60_000)
  expect(written.slice(count)).toEqual([{ done: 11, total: 20, eta_ms }])
})

it('writes the held report without a time when the run is over, and nothing after it', () => {
  const { clock, written, reporter, steps } = reporterOn()
  steps(10, 1_000, 20)
  reporter.report({ done: 11, total: 20 })
  reporter.flush()
  clock.advance(60_000)
  expect(written.at(-1)).toEqual({ done: 11, total: 20 })
})
