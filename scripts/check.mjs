// `npm run check`: everything that can be said about the checkout without running its tests.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changesetProblems } from './lib/check-changesets.mjs'
import { lockProblems } from './lib/check-lock.mjs'
import { ensureInstall } from './lib/ensure-install.mjs'
import { publishedPackages } from './lib/packages.mjs'
import { bin, npm } from './lib/run.mjs'

/** @typedef {{ code: number, output: string }} Result */

const tarballs = mkdtempSync(join(tmpdir(), 'outlast-check-'))

/** @param {string[]} problems @returns {Result} */
const verdict = (problems) => ({ code: problems.length === 0 ? 0 : 1, output: problems.join('\n') })

/**
 * Runs an installed program and keeps what it says.
 *
 * @param {string} program
 * @param {...string} programArguments
 */
const tool = (program, ...programArguments) => bin(program, programArguments, { capture: true })

/**
 * Runs one program on every packed tarball, one after the other.
 *
 * @param {(tarball: string) => Promise<Result>} checkOne
 * @returns {Promise<Result>}
 */
async function eachTarball(checkOne) {
  const files = readdirSync(tarballs)
  if (files.length === 0) return { code: 1, output: 'nothing was packed' }
  const results = []
  for (const file of files) results.push(await checkOne(join(tarballs, file)))
  return {
    code: results.find(({ code }) => code !== 0)?.code ?? 0,
    output: results.map(({ output }) => output).join('\n'),
  }
}

const packAll = () =>
  npm(
    [
      'pack',
      `--pack-destination=${tarballs}`,
      ...publishedPackages().map(({ directory }) => `--workspace=${directory}`),
    ],
    { capture: true },
  )

/** What attw calls the entries that CommonJS cannot load: `testing` for `@outlast/core/testing`. */
const esmOnly = publishedPackages()
  .flatMap(({ subpaths }) => subpaths.filter(({ cjs }) => !cjs))
  .map(({ name }) => name.split('/').slice(2).join('/'))

/** @type {[name: string, check: () => Result | Promise<Result>][]} */
const steps = [
  ['lock file', () => verdict(lockProblems())],
  ['changesets', () => verdict(changesetProblems())],
  ['biome', () => tool('biome', 'check', '--error-on-warnings')],
  [
    'types: packages and examples',
    () => tool('turbo', 'run', 'typecheck', '--continue', '--output-logs=errors-only'),
  ],
  ['types: scripts and tests', () => tool('tsc')],
  ['knip', () => tool('knip')],
  ['build', () => tool('turbo', 'run', 'build', '--output-logs=errors-only')],
  ['pack', packAll],
  ['publint', () => eachTarball((tarball) => tool('publint', 'run', tarball, '--strict'))],
  [
    'attw',
    () =>
      eachTarball((tarball) =>
        tool('attw', tarball, '--profile', 'node16', '--exclude-entrypoints', ...esmOnly),
      ),
  ],
  ['attw: ESM', () => eachTarball((tarball) => tool('attw', tarball, '--profile', 'esm-only'))],
  ['size-limit', () => tool('size-limit')],
  ['typedoc', () => tool('typedoc')],
]

await ensureInstall()
let failed = 0
for (const [name, check] of steps) {
  const started = Date.now()
  const { code, output } = await check()
  console.log(`${code === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  if (code !== 0) {
    failed += 1
    console.log(output)
  }
}
rmSync(tarballs, { recursive: true })
console.log(failed === 0 ? 'Everything is in order.' : `${failed} of ${steps.length} checks failed.`)
process.exit(failed === 0 ? 0 : 1)
