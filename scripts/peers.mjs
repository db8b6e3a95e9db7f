// `npm run peers [-- NAMES] [vitest arguments]`: runs the bindings' tests, as packed, on the older versions of the frameworks
// that they promise to work with; `npm run peers -- vue svelte` on some.
// Ends with a line per version: `vue 3.4.0: N passed, N failed, N skipped`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './lib/build.mjs'
import { ensureInstall } from './lib/ensure-install.mjs'
import { fillPeerFolder } from './lib/fill-peer-folder.mjs'
import { publishedPackages } from './lib/packages.mjs'
import { peers } from './lib/peers.mjs'
import { npm } from './lib/run.mjs'
import { runVitest } from './lib/run-vitest.mjs'

const names = new Set(peers.map(({ name }) => name))
const given = process.argv.slice(2)
const wanted = given.filter((argument) => names.has(argument))
const vitestArguments = given.filter((argument) => !names.has(argument))

/**
 * Packs the packages as they are published.
 *
 * @param {string} folder Where the tarballs go.
 * @returns {Promise<Record<string, string>>} The tarballs' paths, by package.
 */
async function packInto(folder) {
  const packages = publishedPackages()
  const workspaces = packages.map(({ directory }) => `--workspace=${directory}`)
  const { code, output } = await npm(['pack', `--pack-destination=${folder}`, ...workspaces], {
    capture: true,
  })
  if (code !== 0) throw new Error(output)
  return Object.fromEntries(
    packages.map(({ name, version }) => [
      name,
      join(folder, `${name.slice(1).replace('/', '-')}-${version}.tgz`),
    ]),
  )
}

await ensureInstall()
await build()
const work = mkdtempSync(join(tmpdir(), 'outlast-peers-'))
/** @type {string[]} */
const lines = []
let failed = false
try {
  const tarballs = await packInto(work)
  for (const peer of peers.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    for (const installs of peer.versions) {
      const folder = mkdtempSync(join(work, `${peer.name}-`))
      const filled = await fillPeerFolder(folder, tarballs, installs)
      if ('missing' in filled) {
        failed = true
        lines.push(`${peer.name} ${installs[peer.name]}: not tested; ${filled.missing}`)
        continue
      }
      console.log(`\n${filled.installed.join(', ')}`)
      const counts = await runVitest(
        ['--config=scripts/peers/vitest.config.ts', 'scripts/peers/', ...peer.tests, ...vitestArguments],
        { folder, env: { PEER: JSON.stringify(peer) } },
      )
      failed ||= counts.failed > 0
      lines.push(
        `${filled.installed.join(', ')}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped`,
      )
      rmSync(folder, { recursive: true })
    }
  }
} finally {
  rmSync(work, { recursive: true })
}
console.log(lines.join('\n'))
process.exitCode = failed ? 1 : 0
