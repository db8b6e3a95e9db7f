import { beforeAll, describe, expect, it } from 'vitest'
import { runTaskStoreConformance } from '../../src/testing/index.ts'
import { memoryHarness } from '../support/memory-harness.ts'
import { brokenStores } from './broken-stores.ts'
import { runSuite, type SuiteTest } from './run-suite.ts'

describe('runTaskStoreConformance', () => {
  let tests: SuiteTest[] = []
  const testsOf = (name: string): SuiteTest[] =>
    tests.filter(({ groups }) => groups[0] === `${name} conforms to TaskStore`)

  beforeAll(async () => {
    tests = await runSuite('broken-stores.suite.ts')
  }, 120_000)

  it.each(Object.entries(brokenStores))('finds out a store that %s', (promise, { groups }) => {
    const failed = testsOf(`a store that ${promise}`).filter(({ state }) => state === 'failed')
    expect([...new Set(failed.map((test) => test.groups[1]))]).toEqual(groups)
  })

  it('passes a sound store', () => {
    const sound = testsOf('a sound store')
    expect(sound.length).toBeGreaterThan(150)
    expect(sound.filter(({ state }) => state !== 'passed')).toEqual([])
  })

  it('reports the groups that are left out as skipped, each under its reason, and runs the others', () => {
    const all = testsOf('a store with a gap')
    const skipped = all.filter(({ state }) => state === 'skipped')
    expect(new Set(skipped.map(({ groups }) => groups.slice(1).join(', ')))).toEqual(
      new Set(['skipped: one user only, lists', 'skipped: no sweep, work']),
    )
    expect(all).toHaveLength(testsOf('a sound store').length)
    expect(all.filter(({ state }) => state === 'passed')).toHaveLength(all.length - skipped.length)
  })

  it('refuses a group that does not exist, and a gap without a reason', () => {
    const skipping = (skip: object) => () => runTaskStoreConformance('x', memoryHarness, { skip })
    expect(skipping({ leasess: 'a typing error' })).toThrow(/no conformance group "leasess".*leases/)
    expect(skipping({ toString: 'a prototype name' })).toThrow('no conformance group')
    expect(skipping({ leases: ' ' })).toThrow(/Say why/)
  })
})
