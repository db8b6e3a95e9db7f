import { existsSync } from 'node:fs'
import { findChromium } from './find-chromium.mjs'
import { run } from './run.mjs'

/**
 * Finds a Chromium for the browser tests; as root on Debian it installs the distribution's.
 *
 * @returns {Promise<{ path: string } | { missing: string }>} The program, or why there is none.
 */
export async function ensureChromium() {
  const found = findChromium()
  if (found !== null) return { path: found }
  if (!existsSync('/usr/bin/apt-get')) {
    return { missing: 'no Chromium found; set CHROMIUM to one' }
  }
  if (process.getuid?.() !== 0) {
    return {
      missing: 'no Chromium found; run "apt-get install chromium fonts-liberation" or set CHROMIUM',
    }
  }
  console.log('Installing Chromium for the browser tests (once) …')
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const packages = ['chromium', 'fonts-liberation']
  const update = await run('apt-get', ['update', '-q'], { env, capture: true })
  const install = await run('apt-get', ['install', '-qy', '--no-install-recommends', ...packages], {
    env,
    capture: true,
  })
  const path = findChromium()
  if (path !== null) return { path }
  console.error(update.output + install.output)
  return { missing: 'apt-get could not install Chromium' }
}
