import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { npm, root } from './run.mjs'

/** Fetched with every Node that can load it: its ready-made binary wants Node 22, so that the project cannot install it. */
const betterSqlite = { name: 'better-sqlite3@13.2.0', from: 22 }

/**
 * Another Node, with a SQLite driver that only some Nodes can load; from the registry once, then from `node_modules/.cache`.
 *
 * @param {number} major
 * @returns {Promise<{ node: string, env: Record<string, string> } | { missing: string }>} The program and the environment
 *   in which it and what it starts find themselves and the driver, or why there is none.
 */
export async function fetchNode(major) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const name = `node-${platform}-${process.arch}`
  const folder = join(root, 'node_modules', '.cache', 'nodes', String(major))
  const modules = join(folder, 'node_modules')
  const node = join(modules, name, 'bin', platform === 'win' ? 'node.exe' : 'node')
  if (!existsSync(node)) {
    console.log(`Fetching Node ${major} (once) …`)
    const wanted = [`${name}@${major}.x`, ...(major >= betterSqlite.from ? [betterSqlite.name] : [])]
    // No install scripts: the binaries are in the packages.
    const options = ['--ignore-scripts', '--no-save', '--no-audit', '--no-fund']
    const { output } = await npm(['install', '--prefix', folder, ...options, ...wanted], { capture: true })
    if (!existsSync(node)) {
      console.error(output.trim())
      return { missing: `npm could not fetch ${name}@${major}.x; its message is above` }
    }
  }
  return { node, env: { PATH: `${dirname(node)}${delimiter}${process.env.PATH}`, NODE_PATH: modules } }
}
