import { aptInstall, canInstall } from './apt-install.mjs'
import { findNginx } from './find-nginx.mjs'

/**
 * Finds an nginx for the tests behind a proxy; as root on Debian it installs the distribution's. None is started.
 *
 * @returns {Promise<{ path: string } | { missing: string }>} The program, or why there is none.
 */
export async function ensureNginx() {
  const found = findNginx()
  if (found !== null) return { path: found }
  if (!canInstall()) return { missing: 'no nginx found; run "apt-get install nginx-light" or set NGINX' }
  console.log('Installing nginx for the tests behind a proxy (once) …')
  await aptInstall(['nginx-light'])
  const path = findNginx()
  return path === null ? { missing: 'apt-get could not install nginx' } : { path }
}
