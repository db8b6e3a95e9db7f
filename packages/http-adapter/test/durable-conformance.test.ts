import { runConformanceTests } from '@durable-streams/server-conformance-tests'
import { afterAll, beforeAll, beforeEach, expect, it, type TestContext } from 'vitest'
import { notApplicable } from './support/durable-not-applicable.ts'
import { type DurableShim, openDurableShim } from './support/durable-shim.ts'

// The suite reads `baseUrl` when a test runs. Its tests of subscriptions, a service beside the streams, are off by default.
const options = { baseUrl: '', longPollTimeoutMs: 5_000 }
const reasonOfGroup = new Map(
  notApplicable.flatMap(({ reason, groups = [] }) => groups.map((title) => [title, reason])),
)
const listedTests = new Set(notApplicable.flatMap(({ tests = [] }) => tests))
const met = new Set<string>()
let shim: DurableShim

beforeAll(async () => {
  shim = await openDurableShim({ maxWaitMs: 500 })
  options.baseUrl = shim.url
})

beforeEach(({ task, skip }) => {
  for (const title of groupsOf(task)) {
    const reason = reasonOfGroup.get(title)
    if (reason === undefined) continue
    met.add(title)
    skip(reason)
  }
  if (!listedTests.has(task.name)) return
  met.add(task.name)
  // One that would pass by now is not to be listed any longer.
  Object.assign(task, { fails: true })
})

afterAll(() => shim.close())

runConformanceTests(options)

it('lists no title that the suite does not have', () => {
  expect([...met].sort()).toEqual([...reasonOfGroup.keys(), ...listedTests].sort())
})

function groupsOf({ suite }: Pick<TestContext['task'], 'suite'>): string[] {
  return suite === undefined ? [] : [suite.name, ...groupsOf(suite)]
}
