/** Longer paths are none, and more than the tools take. */
const longestPath = 200
const largestLine = 1_000_000

const lineOf = (digits: string): number => Math.min(largestLine, Math.max(1, Number(digits)))

/** A path in a request, with the lines after a colon: `src/a.ts:10-20`. */
export function fileIn(request: string): { path: string; first: number | null; last: number | null } | null {
  const pattern =
    /(?<![\w/.])(\/?(?:[\w@.-]+\/)*[\w@.-]*\w\.[A-Za-z]\w{0,7}|\/?(?:[\w@.-]+\/)+[\w@.-]+|\.[A-Za-z][\w.-]*|README|LICENSE)(?::(\d+)(?:-(\d+))?)?/
  const [, path, first, last] = pattern.exec(request.replaceAll('`', ' ')) ?? []
  if (path === undefined || path.length > longestPath) return null
  return {
    path: path.replace(/^\.\//, ''),
    first: first === undefined ? null : lineOf(first),
    last: last === undefined ? null : lineOf(last),
  }
}
