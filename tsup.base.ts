import { rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Options } from 'tsup'
import { publishedPackages } from './scripts/lib/packages.mjs'
import { root } from './scripts/lib/run.mjs'

function findPackage(directory: string): ReturnType<typeof publishedPackages>[number] {
  const found = publishedPackages().find((candidate) => candidate.directory === directory)
  if (found === undefined) throw new Error(`${directory} is not one of the published packages`)
  return found
}

/**
 * tsup's entries for the package in the working directory, one per subpath, so that `package.json` stays the
 * only place that lists them: `{ index: 'src/index.ts', 'blocks/index': … }` ends as `dist/blocks/index.js`.
 */
function entries(format: 'esm' | 'cjs'): Record<string, string> {
  const { directory, subpaths } = findPackage(relative(root, process.cwd()))
  const loadable = subpaths.filter(({ cjs }) => cjs || format === 'esm')
  return Object.fromEntries(
    loadable.map(({ source }) => {
      const path = relative(directory, source)
      return [path.replace(/^src\//, '').replace(/\.tsx?$/, ''), path]
    }),
  )
}

/** TypeScript `paths` from another package's subpaths to its sources, for types that are bundled. */
export function sourcePaths(directory: string): Record<string, string[]> {
  return Object.fromEntries(
    findPackage(directory).subpaths.map(({ name, source }) => [name, [join(root, source)]]),
  )
}

/**
 * The three builds of a package: ESM, CJS, and the types of both.
 *
 * ESM shares chunks between subpaths, so that a class exists once. CJS cannot (`splitting` there drops
 * directives such as `"use client"`), and bundles the dependencies in `bundleIntoCjs`, which are ESM only.
 */
export function packageBuilds(options: {
  bundleIntoCjs?: string[]
  /** Packages whose code and types go into both builds. */
  bundle?: string[]
  typePaths?: Record<string, string[]>
  platform: 'node' | 'neutral'
}): Options[] {
  // Here and not by tsup's `clean`: the builds run at once, and one would clean away the files of another.
  rmSync('dist', { recursive: true, force: true })
  const { bundle = [], bundleIntoCjs = [], typePaths = {}, platform } = options
  const shared: Options = {
    target: 'es2022',
    platform,
    sourcemap: true,
    silent: true,
    esbuildOptions(esbuild) {
      esbuild.conditions = ['@outlast/source', 'module', 'import', 'default']
    },
  }
  return [
    { ...shared, entry: entries('esm'), format: 'esm', splitting: true, noExternal: bundle },
    {
      ...shared,
      entry: entries('cjs'),
      format: 'cjs',
      splitting: false,
      noExternal: [...bundle, ...bundleIntoCjs],
    },
    {
      ...shared,
      entry: entries('esm'),
      format: ['esm', 'cjs'],
      // tsup sets `baseUrl`, which TypeScript 6 reports as deprecated.
      dts: { only: true, compilerOptions: { ignoreDeprecations: '6.0', paths: typePaths } },
    },
  ]
}
