import { existsSync } from 'node:fs'
import { run } from './run.mjs'

/** Whether this process may install packages of Debian or Ubuntu. */
export function canInstall() {
  return existsSync('/usr/bin/apt-get') && process.getuid?.() === 0
}

/**
 * Installs packages of Debian or Ubuntu. What went wrong is printed; whether they are there is for the caller to see.
 *
 * @param {readonly string[]} packages
 */
export async function aptInstall(packages) {
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, capture: true }
  const update = await run('apt-get', ['update', '-q'], options)
  const install = await run('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], options)
  if (install.code !== 0) console.error(update.output + install.output)
}
