// `npm run nodes [-- MAJORS] [vitest arguments]`: runs the packages' tests on the other Nodes, by default on 22, 24 and 26.
// Ends with a line per Node: `Node N: N passed, N failed, N skipped`.
import { ensureInstall } from './lib/ensure-install.mjs'
import { fetchNode } from './lib/fetch-node.mjs'
import { runVitest } from './lib/run-vitest.mjs'

const given = process.argv.slice(2)
const majors = given.filter((argument) => /^\d+$/.test(argument)).map(Number)
const tests = given.filter((argument) => !/^\d+$/.test(argument))

await ensureInstall()
/** @type {string[]} */
const lines = []
let failed = false
for (const major of majors.length > 0 ? majors : [22, 24, 26]) {
  const fetched = await fetchNode(major)
  if ('missing' in fetched) {
    failed = true
    lines.push(`Node ${major}: not tested; ${fetched.missing}`)
    continue
  }
  const counts = await runVitest(tests.length > 0 ? tests : ['packages/'], fetched)
  failed ||= counts.failed > 0
  lines.push(
    `Node ${major}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped`,
  )
}
console.log(lines.join('\n'))
process.exitCode = failed ? 1 : 0
