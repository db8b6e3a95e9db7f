import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { builtPage } from './built-page.ts'
import { openBrowser } from './check/browser.ts'
import { checkRestore } from './check/check-restore.ts'
import { checkStop } from './check/check-stop.ts'
import { printedReport } from './check/report.ts'
import { offlineAnswerer } from './choose-answerer.ts'
import { checkoutFolder } from './folders.ts'
import { openStore } from './open-store.ts'
import { startServer } from './start-server.ts'

// The page's trip without a screen: real server, real client, real processes; only Chromium is missing.
// The demo's pace is for reading; nobody reads here.
const pace = 0.5
const startedAt = performance.now()
const report = printedReport()
const checkout = checkoutFolder(process.env)
const folder = mkdtempSync(join(tmpdir(), 'outlast-check-'))
const store = openStore(join(folder, 'tasks.db'))
const server = await startServer(
  { answerer: offlineAnswerer(checkout, pace), checkout, page: builtPage(), store },
  { host: '127.0.0.1', port: 0 },
)
try {
  const browser = await openBrowser(server.url)
  report.expect(true, 'The server serves the page', server.url)
  await checkRestore(browser, report)
  await checkStop(browser, report)
} catch (thrown) {
  report.expect(false, 'The check came to its end', thrown instanceof Error ? thrown.message : String(thrown))
} finally {
  await server.close(0)
  rmSync(folder, { recursive: true })
}
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
const failures = report.failures()
console.log(failures === 0 ? `All as it should be, in ${seconds} s.` : `${failures} failed, in ${seconds} s.`)
process.exitCode = failures === 0 ? 0 : 1
