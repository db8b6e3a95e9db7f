import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm, root } from './run.mjs'

/** What the tests themselves need, at the versions of the checkout. */
const tools = ['@types/node', 'fast-check', 'happy-dom', 'typescript', 'vitest', 'zod']

/** What stands in the same place as in the checkout, since tests import it by relative paths. */
const copied = [
  ...['docs/guides', 'packages/client/test', 'scripts'],
  ...['test/docs-snippets', 'test/support', 'tsconfig.json'],
]

/** @param {string} path @returns {Record<string, any>} */
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/**
 * Makes an empty folder into one in which the bindings' tests run as they would for a user: on the packed packages, and with
 * other versions of the libraries that they bind to.
 *
 * @param {string} folder
 * @param {Readonly<Record<string, string>>} tarballs Path of the tarball by package.
 * @param {import('./peers.mjs').Versions} peers What else to install.
 * @returns {Promise<{ installed: string[] } | { missing: string }>} `installed`: name and version of each of the peers.
 */
export async function fillPeerFolder(folder, tarballs, peers) {
  const manifests = ['package.json', 'packages/client/package.json'].map((path) => readJson(join(root, path)))
  const own = Object.assign({}, ...manifests.map(({ devDependencies }) => devDependencies))
  const dependencies = {
    ...Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`])),
    ...Object.fromEntries(tools.map((name) => [name, own[name]])),
    ...peers,
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  const { code, output } = await npm(['install', ...quiet], { cwd: folder, capture: true })
  if (code !== 0) {
    console.error(output.trim())
    return { missing: 'npm could not install it; its message is above' }
  }

  for (const path of copied) cpSync(join(root, path), join(folder, path), { recursive: true })
  // Some tests look behind the doors: at the sources that the package brings along.
  cpSync(join(folder, 'node_modules/@outlast/client/src'), join(folder, 'packages/client/src'), {
    recursive: true,
  })
  // As users resolve the packages: to what was built.
  const { customConditions, ...compilerOptions } = readJson(join(root, 'tsconfig.base.json')).compilerOptions
  writeFileSync(join(folder, 'tsconfig.base.json'), JSON.stringify({ compilerOptions }))
  const versionOf = (/** @type {string} */ name) =>
    readJson(join(folder, 'node_modules', name, 'package.json')).version
  return {
    installed: Object.keys(peers)
      .filter((name) => !name.startsWith('@types/'))
      .map((name) => `${name} ${versionOf(name)}`),
  }
}
