import { createRequire } from 'node:module'
import { relative } from 'node:path'
import { publishedPackages } from '../../scripts/lib/packages.mjs'
import { root } from '../../scripts/lib/run.mjs'

/** What a page's bundle holds. */
export interface Bundle {
  /** Minified. */
  code: string
  /** The sources of which something is left, from the root. */
  sources: string[]
  /** What it still imports, as everything is external that is not one of the packages. */
  imports: string[]
}

/** The small part of esbuild's API that is used. */
interface Esbuild {
  build(options: object): Promise<{
    outputFiles: { text: string }[]
    metafile: {
      outputs: Record<
        string,
        {
          inputs: Record<string, { bytesInOutput: number }>
          imports: { path: string; external?: boolean }[]
        }
      >
    }
  }>
  transform(code: string, options: object): Promise<{ code: string }>
}

/** The small part of Rollup's API that is used. */
interface Rollup {
  rollup(options: object): Promise<{
    generate(options: object): Promise<{
      output: [{ code: string; imports: string[]; modules: Record<string, { renderedLength: number }> }]
    }>
    close(): Promise<void>
  }>
}

// Both come with tsup, which builds the packages.
const ofTsup = createRequire(createRequire(import.meta.url).resolve('tsup'))
const esbuild: Esbuild = ofTsup('esbuild')
const { rollup }: Rollup = ofTsup('rollup')

const subpaths = publishedPackages().flatMap((published) => published.subpaths)
const sourceOf = new Map(subpaths.map(({ name, source }) => [name, `${root}${source}`]))

const shared = { bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022' } as const
const fromSources = { conditions: ['@outlast/source'], packages: 'bundle', absWorkingDir: root } as const
/** All but what begins with `.`, with `/` or with the packages' scope. */
const foreign = /^(?![./]|@outlast\/)/

const leaveForeign = {
  name: 'leave foreign packages alone',
  setup(build: { onResolve(filter: object, answer: (given: { path: string }) => unknown): void }) {
    build.onResolve({ filter: /.*/ }, ({ path }) => (foreign.test(path) ? { path, external: true } : null))
  },
}

async function withEsbuild(page: string): Promise<Bundle> {
  const { outputFiles, metafile } = await esbuild.build({
    ...shared,
    ...fromSources,
    stdin: { contents: page, resolveDir: root, loader: 'ts' },
    minify: true,
    metafile: true,
    plugins: [leaveForeign],
    outfile: 'page.js',
  })
  const { inputs, imports } = metafile.outputs['page.js'] ?? { inputs: {}, imports: [] }
  const sources = Object.entries(inputs).filter(([path, { bytesInOutput }]) => {
    return path !== '<stdin>' && bytesInOutput > 0
  })
  return {
    code: outputFiles[0]?.text ?? '',
    sources: sources.map(([path]) => path),
    imports: [...new Set(imports.map(({ path }) => path))],
  }
}

async function withRollup(page: string): Promise<Bundle> {
  const entry = '/page.ts'
  const bundle = await rollup({
    input: entry,
    external: foreign,
    // It would say of `"use client"` that it leaves it out.
    logLevel: 'silent',
    plugins: [
      {
        name: 'sources',
        // As the plugins of a user's build do for `"sideEffects": false`.
        resolveId: async function (
          this: { resolve(source: string, importer: string | undefined): Promise<{ id: string } | null> },
          source: string,
          importer: string | undefined,
        ) {
          if (source === entry) return entry
          const id = sourceOf.get(source) ?? (await this.resolve(source, importer))?.id
          return id && { id, moduleSideEffects: false, external: foreign.test(source) }
        },
        load: (id: string) => (id === entry ? page : null),
        transform: async (code: string, id: string) => {
          const { code: plain } = await esbuild.transform(code, { loader: id.endsWith('.ts') ? 'ts' : 'js' })
          return { code: plain, map: null }
        },
      },
    ],
  })
  const {
    output: [{ code, imports, modules }],
  } = await bundle.generate({ format: 'es' })
  await bundle.close()
  const sources = Object.entries(modules).filter(([id, { renderedLength }]) => {
    return id !== entry && renderedLength > 0
  })
  const { code: minified } = await esbuild.transform(code, { minify: true, format: 'esm' })
  return { code: minified, sources: sources.map(([id]) => relative(root, id)), imports }
}

/** Bundles a page from the sources of the packages, as a user's build would from what was built of them. */
export const bundlers: Readonly<Record<'esbuild' | 'Rollup', (page: string) => Promise<Bundle>>> = {
  esbuild: withEsbuild,
  Rollup: withRollup,
}

/**
 * The build of a package as `tsup.base.ts` makes it for ESM.
 *
 * @returns by source, in how many of the files there is something of it
 */
export async function filesPerSource(directory: string): Promise<Map<string, number>> {
  const sources = subpaths.map(({ source }) => source).filter((source) => source.startsWith(directory))
  const { metafile } = await esbuild.build({
    ...shared,
    ...fromSources,
    entryPoints: sources.map((source) => `${root}${source}`),
    splitting: true,
    metafile: true,
    plugins: [leaveForeign],
    outdir: 'dist',
  })
  const counts = new Map<string, number>()
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      if (bytesInOutput > 0) counts.set(path, (counts.get(path) ?? 0) + 1)
    }
  }
  return counts
}
