/**
 * Splits a path and query into the mount path, as the request spells it, and what is below it. A mount path may hold
 * parameters, and a request may write it in other letters or percent-encoded: what counts is how many segments it has.
 */
export function splitUrl(url: string, mountPath: string): { basePath: string; url: string } {
  const depth = mountPath.split('/').filter((segment) => segment !== '').length
  const [basePath] = new RegExp(`^(?:/+[^/?]+){${depth}}`).exec(url) ?? ['']
  return { basePath, url: url.slice(basePath.length) }
}
