/** What takes a mount path from the front of a URL, by mount path: those of an application are few. */
const patterns = new Map<string, RegExp>()

/**
 * Splits a path and query into the mount path, as the request spells it, and what is below it. A mount path may hold
 * parameters, and a request may write it in other letters or percent-encoded: what counts is how many segments it has.
 *
 * @param mountPath as the application's code has it, not a request
 */
export function splitUrl(url: string, mountPath: string): { basePath: string; url: string } {
  let pattern = patterns.get(mountPath)
  if (pattern === undefined) {
    const depth = mountPath.split('/').filter((segment) => segment !== '').length
    pattern = new RegExp(`^(?:/+[^/?]+){${depth}}`)
    patterns.set(mountPath, pattern)
  }
  const [basePath] = pattern.exec(url) ?? ['']
  return { basePath, url: url.slice(basePath.length) }
}
