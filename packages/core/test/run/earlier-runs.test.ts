import { expect, it } from 'vitest'
import { EarlierRuns } from '../../src/run/earlier-runs.ts'
import { manualClock } from '../support/manual-clock.ts'
import { until } from '../support/test-manager.ts'

const byStatus = { pending: 0, running: 0, cancel_requested: 0, succeeded: 0, failed: 0, canceled: 0 }

it('asks the store at most once a minute, and answers with what is known by now', async () => {
  const clock = manualClock()
  let asked = 0
  const stats = async () => ({ byStatus, durationsMs: { work: [++asked] } })
  const runs = new EarlierRuns({ stats }, clock, (error) => expect.unreachable(String(error)))
  expect(runs.durationsOf('work')).toEqual([])
  await until(() => runs.durationsOf('work').length > 0)
  expect(runs.durationsOf('other')).toEqual([])
  expect(runs.durationsOf('constructor')).toEqual([])
  clock.advance(59_999)
  expect(runs.durationsOf('work')).toEqual([1])
  clock.advance(1)
  expect(runs.durationsOf('work')).toEqual([1])
  await until(() => runs.durationsOf('work')[0] === 2)
  expect(asked).toBe(2)
})

it('reports a store that does not answer, and goes on without', async () => {
  const failures: unknown[] = []
  const away = new Error('the store is away')
  const runs = new EarlierRuns({ stats: () => Promise.reject(away) }, manualClock(), (error, context) =>
    failures.push([error, context]),
  )
  expect(runs.durationsOf('work')).toEqual([])
  await until(() => failures.length > 0)
  expect(runs.durationsOf('work')).toEqual([])
  expect(failures).toEqual([[away, { stage: 'stats' }]])
})
