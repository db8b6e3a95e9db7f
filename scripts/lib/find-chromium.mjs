import { existsSync } from 'node:fs'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Path of an installed Chromium, the one that `CHROMIUM` names first, or `null`. Nothing is downloaded. */
export function findChromium() {
  const { CHROMIUM } = process.env
  return [...(CHROMIUM ? [CHROMIUM] : []), ...places].find((path) => existsSync(path)) ?? null
}
