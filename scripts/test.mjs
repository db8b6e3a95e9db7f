// `npm test [-- vitest arguments]`: installs what is missing, builds, and runs every test.
// The last line is `N passed, N failed, N skipped`.
import { build } from './lib/build.mjs'
import { ensureChromium } from './lib/ensure-chromium.mjs'
import { ensureInstall } from './lib/ensure-install.mjs'
import { ensureNginx } from './lib/ensure-nginx.mjs'
import { runVitest } from './lib/run-vitest.mjs'

const ci = process.env.CI === 'true'
/**
 * What may be skipped in CI too: recordings are no part of the repository, one process has no connection, and what the
 * conformance suite of Durable Streams asks of writers does not concern a mount that only reads (each with its reason in
 * `packages/http-adapter/test/support/durable-not-applicable.ts`).
 */
const mayBeSkipped = new RegExp(
  [
    '^recordings \\(skipped: ',
    '^(?:localNotifier|dropHints) .*after a reconnect',
    '^(?:Stream Closure )?Idempotent Producers? ',
    '^TTL (?:and Expiry|Expiration) ',
    '^HEAD Metadata Edge Cases ',
    '^Fork - ',
    '^Reserved subscription APIs ',
  ].join('|'),
)

await ensureInstall()
const chromium = await ensureChromium()
const nginx = await ensureNginx()
await build()

const { code, passed, failed, skipped } = await runVitest(process.argv.slice(2), {
  env: {
    ...('path' in chromium && { CHROMIUM: chromium.path }),
    ...('path' in nginx && { NGINX: nginx.path }),
  },
})
const forbidden = ci ? skipped.filter((name) => !mayBeSkipped.test(name)) : []
if ('missing' in chromium) console.log(`The browser tests were left out: ${chromium.missing}.`)
if ('missing' in nginx) console.log(`The tests behind nginx were left out: ${nginx.missing}.`)
for (const name of skipped) console.log(`skipped: ${name}`)
if (forbidden.length > 0) console.log(`CI may not skip ${forbidden.length} of them.`)
const green = code === 0 && failed === 0 && forbidden.length === 0
process.exitCode = green ? 0 : code || 1
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
