import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run } from './run.mjs'
import { countTests } from './test-counts.mjs'

/**
 * Runs the tests and counts them.
 *
 * @param {readonly string[]} vitestArguments
 * @param {{ env?: Record<string, string>, node?: string, folder?: string }} [options] `node`: the Node to run them with, by
 *   default this one. `folder`: where vitest and these scripts are, by default the checkout.
 * @returns {Promise<import('./test-counts.mjs').Counts & { code: number }>} A run that broke outside of a test (a worker
 *   that died, nothing to run) counts as a failure, too.
 */
export async function runVitest(vitestArguments, { env = {}, node = process.execPath, folder = root } = {}) {
  const reports = mkdtempSync(join(tmpdir(), 'outlast-test-'))
  const report = join(reports, 'report.json')
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=./scripts/lib/report-for-counts.mjs']
  const { code } = await run(node, [vitest, 'run', ...reporters, ...vitestArguments], {
    env: { ...env, TEST_REPORT: report },
    cwd: folder,
  })
  const counts = existsSync(report)
    ? countTests(JSON.parse(readFileSync(report, 'utf8')))
    : { passed: 0, failed: 0, skipped: [] }
  rmSync(reports, { recursive: true })

  if (counts.passed + counts.failed === 0) console.log('No test ran.')
  if (code !== 0 && counts.failed === 0) console.log(`vitest ended with code ${code}; its reason is above.`)
  return { ...counts, failed: counts.failed || (code === 0 && counts.passed > 0 ? 0 : 1), code }
}
