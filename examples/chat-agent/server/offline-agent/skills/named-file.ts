/** A path in a request, with the lines after a colon: `src/a.ts:10-20`. */
export function fileIn(request: string): { path: string; first: number | null; last: number | null } | null {
  const pattern =
    /(?<![\w/])((?:[\w@.-]+\/)*[\w@.-]*\w\.[A-Za-z]\w{0,7}|(?:[\w@.-]+\/)+[\w@.-]+|README|LICENSE)(?::(\d+)(?:-(\d+))?)?/
  const [, path, first, last] = pattern.exec(request.replaceAll('`', ' ')) ?? []
  if (path === undefined) return null
  return {
    path: path.replace(/^\.\//, ''),
    first: first === undefined ? null : Number(first),
    last: last === undefined ? null : Number(last),
  }
}
