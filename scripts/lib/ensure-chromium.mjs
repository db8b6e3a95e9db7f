import { aptInstall, canInstall } from './apt-install.mjs'
import { findChromium } from './find-chromium.mjs'

/**
 * Finds a Chromium for the browser tests; as root on Debian it installs the distribution's.
 *
 * @returns {Promise<{ path: string } | { missing: string }>} The program, or why there is none.
 */
export async function ensureChromium() {
  const found = findChromium()
  if (found !== null) return { path: found }
  if (!canInstall()) {
    return {
      missing: 'no Chromium found; run "apt-get install chromium fonts-liberation" or set CHROMIUM',
    }
  }
  console.log('Installing Chromium for the browser tests (once) …')
  await aptInstall(['chromium', 'fonts-liberation'])
  const path = findChromium()
  return path === null ? { missing: 'apt-get could not install Chromium' } : { path }
}
