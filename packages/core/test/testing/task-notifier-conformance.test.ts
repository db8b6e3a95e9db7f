import { beforeAll, describe, expect, it } from 'vitest'
import { brokenNotifiers } from './broken-notifiers.ts'
import { runSuite, type SuiteTest } from './run-suite.ts'

describe('runTaskNotifierConformance', () => {
  let tests: SuiteTest[] = []

  beforeAll(async () => {
    tests = await runSuite('broken-notifiers.suite.ts')
  }, 120_000)

  it.each(Object.entries(brokenNotifiers))('finds out a notifier that %s', (promise, { foundBy }) => {
    const failed = tests.filter(
      ({ groups, state }) =>
        groups[0] === `a notifier that ${promise} conforms to TaskNotifier` && state === 'failed',
    )
    expect(failed.map(({ title }) => title)).toContainEqual(expect.stringContaining(foundBy))
  })
})
