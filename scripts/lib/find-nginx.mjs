import { existsSync } from 'node:fs'

const places = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx']

/** Path of an installed nginx, the one that `NGINX` names first, or `null`. Nothing is downloaded. */
export function findNginx() {
  const { NGINX } = process.env
  return [...(NGINX ? [NGINX] : []), ...places].find((path) => existsSync(path)) ?? null
}
