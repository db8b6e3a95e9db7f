import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { npm, root } from './run.mjs'

/**
 * @typedef {{ version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }} LockedPackage
 */

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function lockedPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

/**
 * Whether `node_modules` holds what `package-lock.json` asks for. npm keeps its own list of what it installed;
 * optional packages may be absent from it, since most are for other platforms.
 *
 * @param {string} directory
 * @returns {'complete' | 'missing' | 'stale'}
 */
function installState(directory = root) {
  const installedList = join(directory, 'node_modules', '.package-lock.json')
  if (!existsSync(installedList)) return 'missing'
  const installed = lockedPackages(installedList)
  const wanted = Object.entries(lockedPackages(join(directory, 'package-lock.json')))
  const current = wanted.every(([path, { version, link, optional, devOptional }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true
    const found = installed[path]
    if (found === undefined) return optional === true || devOptional === true
    return link === true ? existsSync(join(directory, path)) : found.version === version
  })
  return current ? 'complete' : 'stale'
}

/**
 * Installs the dependencies if anything is missing. A stale folder is brought up to date in place: whatever runs
 * from it goes on.
 */
export async function ensureInstall() {
  const state = installState()
  if (state === 'complete') return
  console.log(state === 'missing' ? 'Installing dependencies (once) …' : 'Bringing dependencies up to date …')
  const { code } = await npm(state === 'missing' ? ['ci'] : ['install', '--no-save'])
  if (code !== 0) {
    console.error('npm could not install the dependencies; its message is above.')
    process.exit(code)
  }
}
