import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

/** Tools whose program is a separate optional package per platform: a lock made on one must serve all. */
const nativeTools = ['turbo', '@biomejs/biome', 'rollup', 'rolldown', 'esbuild', '@vscode/ripgrep']

/**
 * What is wrong with the lock file: addresses of a registry, or native programs that other platforms would miss.
 *
 * @param {{ packages: Record<string, { resolved?: string, link?: boolean, version?: string, optionalDependencies?: Record<string, string> }> }} [lock]
 * @returns {string[]} One sentence per problem.
 */
export function lockProblems(lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))) {
  const problems = []
  const paths = Object.keys(lock.packages)
  for (const path of paths) {
    const { resolved, link } = lock.packages[path] ?? {}
    if (resolved !== undefined && link !== true) {
      problems.push(`${path} names the registry it came from; install with the repository's .npmrc.`)
    }
  }
  for (const tool of nativeTools) {
    const copies = paths.filter(
      (path) => path === `node_modules/${tool}` || path.endsWith(`/node_modules/${tool}`),
    )
    if (copies.length === 0) problems.push(`${tool} is not in the lock file.`)
    for (const copy of copies) {
      // npm puts a tool's programs inside it, beside it or at the top; another copy's are of another version.
      const places = [`${copy}/node_modules/`, copy.slice(0, -tool.length), 'node_modules/']
      for (const [name, version] of Object.entries(lock.packages[copy]?.optionalDependencies ?? {})) {
        // A tool's own programs have its exact version; ranges are other things, such as fsevents.
        if (!/^\d/.test(version)) continue
        if (!places.some((place) => lock.packages[place + name]?.version === version)) {
          problems.push(
            `${copy} wants ${name} ${version}, which the lock file lacks: that platform could not install.`,
          )
        }
      }
    }
  }
  return problems
}
