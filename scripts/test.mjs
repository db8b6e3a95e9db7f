// `npm test [-- vitest arguments]`: installs what is missing, builds, and runs every test.
// The last line is `N passed, N failed, N skipped`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './lib/build.mjs'
import { ensureChromium } from './lib/ensure-chromium.mjs'
import { ensureInstall } from './lib/ensure-install.mjs'
import { bin } from './lib/run.mjs'
import { countTests } from './lib/test-counts.mjs'

const ci = process.env.CI === 'true'
/** What may be skipped in CI too: recordings are no part of the repository, and one process has no connection. */
const mayBeSkipped = /^recordings \(skipped: |^(?:localNotifier|dropHints) .*after a reconnect/

await ensureInstall()
const chromium = await ensureChromium()
await build()

const reports = mkdtempSync(join(tmpdir(), 'outlast-test-'))
const report = join(reports, 'report.json')
const { code } = await bin(
  'vitest',
  ['run', '--reporter=default', '--reporter=./scripts/lib/report-for-counts.mjs', ...process.argv.slice(2)],
  { env: { TEST_REPORT: report, ...('path' in chromium && { CHROMIUM: chromium.path }) } },
)
const counts = existsSync(report)
  ? countTests(JSON.parse(readFileSync(report, 'utf8')))
  : { passed: 0, failed: 0, skipped: [] }
rmSync(reports, { recursive: true })

const { passed, skipped } = counts
// A run that broke outside of a test (a worker that died, nothing to run) is a failure too.
const failed = counts.failed || (code === 0 ? 0 : 1)
const forbidden = ci ? skipped.filter((name) => !mayBeSkipped.test(name)) : []
if ('missing' in chromium) console.log(`The browser tests were left out: ${chromium.missing}.`)
for (const name of skipped) console.log(`skipped: ${name}`)
if (forbidden.length > 0) console.log(`CI may not skip ${forbidden.length} of them.`)
if (passed + counts.failed === 0) console.log('No test ran.')
if (code !== 0 && counts.failed === 0) console.log(`vitest ended with code ${code}; its reason is above.`)
const green = code === 0 && failed === 0 && passed > 0 && forbidden.length === 0
process.exitCode = green ? 0 : code || 1
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
