import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'

/**
 * Resolves a path that a user or a model named, and refuses what lies outside of the checkout (also behind a
 * symbolic link), inside `.git`, or holds secrets by convention (`.env…`).
 *
 * @returns the path relative to the checkout, with `/` as separator.
 */
export async function checkoutPath(checkout: string, path: string): Promise<string> {
  const root = await realpath(checkout)
  const wanted = resolve(root, path)
  const inside = relative(root, await realpath(wanted).catch(() => wanted))
  const segments = inside.split(sep)
  if (isAbsolute(inside) || segments[0] === '..') throw new Error(`"${path}" is outside of the checkout.`)
  if (segments.includes('.git') || segments.some((segment) => /^\.env($|\.)/.test(segment))) {
    throw new Error(`"${path}" is not for reading: it may hold secrets.`)
  }
  return segments.join('/')
}
