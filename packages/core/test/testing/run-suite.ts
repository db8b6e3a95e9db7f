import { fileURLToPath } from 'node:url'
import { createVitest, type TestCase } from 'vitest/node'

/** What became of one test. */
export interface SuiteTest {
  /** Titles of the groups around it, outermost first. */
  groups: readonly string[]
  title: string
  state: 'passed' | 'failed' | 'skipped' | 'pending'
}

/** Runs a vitest file of this folder whose tests are meant to fail, apart from the run that calls this. */
export async function runSuite(file: string): Promise<SuiteTest[]> {
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const { exitCode } = process
  const vitest = await createVitest('test', {
    root,
    include: [`packages/core/test/testing/${file}`],
    watch: false,
    reporters: [{}],
  })
  try {
    const { testModules, unhandledErrors } = await vitest.start()
    if (unhandledErrors.length > 0) throw new AggregateError(unhandledErrors, 'the suite went wrong')
    return testModules.flatMap((module) => [...module.children.allTests()].map(describeTest))
  } finally {
    await vitest.close()
    process.exitCode = exitCode
  }
}

function describeTest(test: TestCase): SuiteTest {
  const groups: string[] = []
  for (let { parent } = test; parent.type === 'suite'; ) {
    groups.unshift(parent.name)
    parent = parent.parent
  }
  return { groups, title: test.name, state: test.result().state }
}
