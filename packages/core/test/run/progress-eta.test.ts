import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addReport,
  type EtaEstimate,
  estimateEta,
  type ProgressEvidence,
  startEvidence,
} from '../../src/run/progress-eta.ts'

interface Step {
  at: number
  done: number
  eta: number | null
}

const seconds = (count: number, ms = 1_000): number[] => Array.from({ length: count }, () => ms)

/** A run whose steps take so long each, reported from 0 on; what was estimated with each report. */
function simulate(
  stepsMs: readonly number[],
  options: { total?: number; earlierMs?: readonly number[] } = {},
) {
  const { total = stepsMs.length, earlierMs = [] } = options
  let evidence = addReport(startEvidence(0), { done: 0, total }, 0)
  let at = 0
  const steps = stepsMs.map((ms, index): Step => {
    at += ms
    evidence = addReport(evidence, { done: index + 1, total }, at)
    return { at, done: index + 1, eta: estimateEta(evidence, at, earlierMs)?.etaMs ?? null }
  })
  return { steps, evidence, endMs: at, at: (ms: number) => estimateEta(evidence, at + ms, earlierMs) }
}

/** The estimates that were there, each as a multiple of the time that was really left. */
function ratios({ steps, endMs }: { steps: readonly Step[]; endMs: number }, from = 0): number[] {
  return steps
    .slice(from)
    .filter((step) => step.eta !== null && step.at < endMs)
    .map(({ eta, at }) => ((eta ?? 0) + 50) / (endMs - at + 50))
}

describe('the time left', () => {
  it('is within a factor of 1.5 of the truth whenever a steady run is given one', () => {
    const steady = fc
      .record({ ms: fc.integer({ min: 1, max: 60_000 }), count: fc.integer({ min: 2, max: 200 }) })
      .chain(({ ms, count }) =>
        fc.array(
          fc.double({ min: 0.8, max: 1.2, noNaN: true }).map((factor) => Math.round(ms * factor)),
          { minLength: count, maxLength: count },
        ),
      )
    fc.assert(
      fc.property(steady, (stepsMs) => {
        for (const ratio of ratios(simulate(stepsMs))) {
          expect(ratio).toBeGreaterThan(1 / 1.5)
          expect(ratio).toBeLessThan(1.5)
        }
      }),
    )
  })

  it('is there for most of a steady run', () => {
    const { steps } = simulate(seconds(20))
    expect(steps.slice(0, 2).map(({ eta }) => eta)).toEqual([null, null])
    expect(steps.slice(2, -1).map(({ eta }) => eta)).toEqual(
      Array.from({ length: 17 }, (_, i) => 17_000 - i * 1_000),
    )
  })

  it('is a whole number of at least 0 or absent, whatever is reported, whenever', () => {
    const amount = fc.oneof(
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
    )
    const report = fc.record({
      done: amount,
      total: amount,
      unit: fc.constantFrom(undefined, undefined, undefined, 'pages'),
      ms: fc.oneof(
        fc.integer({ min: -5_000, max: 30_000 }),
        fc.constant(0),
        fc.integer({ min: 0, max: 1e15 }),
      ),
      laterMs: fc.integer({ min: -100, max: 100_000 }),
    })
    const earlier = fc.array(fc.double({ min: 0, noNaN: true }), { maxLength: 5 })
    fc.assert(
      fc.property(fc.array(report, { maxLength: 40 }), earlier, (reports, earlierMs) => {
        let now = 0
        let evidence: ProgressEvidence = startEvidence(now)
        for (const { ms, laterMs, unit, ...amounts } of reports) {
          now += ms
          evidence = addReport(evidence, unit === undefined ? amounts : { ...amounts, unit }, now)
          const estimate: EtaEstimate | null = estimateEta(evidence, now + laterMs, earlierMs)
          if (estimate === null) continue
          expect(Number.isSafeInteger(estimate.etaMs) && estimate.etaMs >= 0).toBe(true)
          expect(estimate.validMs).toBeGreaterThan(0)
          expect(estimate.validMs).toBeLessThan(Number.POSITIVE_INFINITY)
        }
      }),
    )
  })

  it('does not take preparation for work', () => {
    const run = simulate([20_000, ...seconds(30)])
    expect(ratios(run).length).toBeGreaterThan(20)
    for (const ratio of ratios(run)) expect(ratio).toBeCloseTo(1, 2)
  })

  it('shrinks as a run accelerates and grows as it slows down', () => {
    const accelerating = simulate(Array.from({ length: 60 }, (_, i) => 5_000 / (i + 1)))
    for (const ratio of ratios(accelerating)) expect(ratio).toBeGreaterThan(1)
    const etas = accelerating.steps.flatMap(({ eta }) => (eta === null ? [] : [eta]))
    expect(etas).toEqual([...etas].sort((a, b) => b - a))
    const slowing = simulate(Array.from({ length: 60 }, (_, i) => 10 * (i + 1)))
    for (const ratio of ratios(slowing)) expect(ratio).toBeLessThan(1)
  })

  it('is absent while a run has just changed its speed too much to say', () => {
    const { steps } = simulate([...seconds(100, 100), ...seconds(200, 2_000)])
    expect(steps.slice(100, 110).some(({ eta }) => eta === null)).toBe(true)
  })

  it('sees through bursts once it has seen a pause', () => {
    const run = simulate(Array.from({ length: 200 }, (_, i) => (i % 10 === 9 ? 10_000 : 100)))
    expect(run.steps.slice(10, 19).every(({ eta }) => eta === null)).toBe(true)
    // Within the last burst nobody can know that no pause follows.
    const later = ratios({ ...run, steps: run.steps.slice(0, 180) }, 20)
    expect(later.length).toBeGreaterThan(100)
    for (const ratio of later) {
      expect(ratio).toBeGreaterThan(1 / 2.5)
      expect(ratio).toBeLessThan(2.5)
    }
  })

  it('counts down until the next advance is due, grows when it is late, and then is absent', () => {
    const run = simulate(seconds(20, 2_000), { total: 40 })
    const etaAt = (ms: number): number | null => run.at(ms)?.etaMs ?? null
    expect(etaAt(0)).toBe(40_000)
    expect(etaAt(1_500)).toBe(38_500)
    expect(etaAt(3_500)).toBeGreaterThan(38_500)
    expect(etaAt(4_500)).toBeGreaterThan(Number(etaAt(3_500)))
    expect([6_000, 60_000].map(etaAt)).toEqual([null, null])
    expect(run.at(0)?.validMs).toBe(6_000)
  })

  it('is right again soon after a stall', () => {
    const run = simulate([...seconds(50), 20_000, ...seconds(60)])
    expect(run.steps.slice(50, 60).every(({ eta }) => eta === null)).toBe(true)
    const after = ratios(run, 51)
    expect(after.length).toBeGreaterThan(30)
    for (const ratio of after) expect(ratio).toBeCloseTo(1, 2)
  })

  it.each([
    ['the total changes', { done: 21, total: 50 }],
    ['the unit changes', { done: 21, total: 40, unit: 'pages' }],
    ['`done` goes back', { done: 2, total: 40 }],
  ])('begins again when %s', (_, report) => {
    const run = simulate(seconds(20), { total: 40, earlierMs: [40_000, 40_000, 40_000] })
    let at = run.endMs
    expect(run.at(0)).not.toBeNull()
    let evidence = run.evidence
    const etas = [0, 1, 2, 3].map((step) => {
      at += 1_000
      evidence = addReport(evidence, { ...report, done: report.done + step }, at)
      return estimateEta(evidence, at, [40_000, 40_000, 40_000])?.etaMs ?? null
    })
    expect(etas).toEqual([null, null, null, (report.total - report.done - 3) * 1_000])
  })

  it.each([
    [0, 0],
    [5, 5],
    [6, 5],
  ])('is absent where nothing is left: %d of %d', (done, total) => {
    expect(estimateEta(addReport(startEvidence(0), { done, total }, 0), 0, [9, 9, 9])).toBeNull()
  })
})

describe('earlier runs', () => {
  const earlierMs = [18_000, 20_000, 20_000, 22_000]

  it('tell the time that is left before the run itself can', () => {
    const { steps } = simulate(seconds(20), { earlierMs })
    expect(steps.slice(0, 3).map(({ eta }) => eta)).toEqual([19_000, 18_000, 17_000])
  })

  it('count for less and less as the run shows its own pace', () => {
    const run = simulate(seconds(40), { earlierMs: seconds(3, 60_000) })
    const errors = run.steps.slice(3, 11).map(({ eta, at }) => Math.abs(Number(eta) - (run.endMs - at)))
    expect(errors[0]).toBeGreaterThan(10_000)
    expect(errors).toEqual([...errors].sort((a, b) => b - a))
    expect(errors.at(-1)).toBeLessThan(500)
  })

  it('say nothing when they are few, differ too much, or are over', () => {
    const soon = (durations: readonly number[]) =>
      estimateEta(addReport(startEvidence(0), { done: 0, total: 9 }, 5_000), 5_000, durations)?.etaMs ?? null
    expect(soon([20_000, 20_000])).toBeNull()
    expect(soon([5_000, 8_000, 20_000, 60_000, 90_000])).toBeNull()
    expect(soon([4_000, 4_000, 4_000])).toBeNull()
    expect(soon(earlierMs)).toBe(15_000)
  })

  it('are left aside when this run is unlike them', () => {
    const { steps } = simulate(seconds(200), { earlierMs })
    expect(steps.slice(3, 6).map(({ eta }) => eta)).toEqual([196_000, 195_000, 194_000])
  })

  it('tell of the remaining part only where a run takes up an earlier attempt', () => {
    const evidence = addReport(startEvidence(0), { done: 15, total: 20 }, 0)
    expect(estimateEta(evidence, 0, earlierMs)).toEqual({ etaMs: 5_000, validMs: 5_000 })
  })
})
