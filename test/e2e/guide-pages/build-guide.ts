import { readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { compile } from 'svelte/compiler'
import { build, type Plugin } from 'vite'
import { publishedPackages } from '../../../scripts/lib/packages.mjs'
import { root } from '../../../scripts/lib/run.mjs'

/** What a server hands out, by path. */
export type GuideFiles = ReadonlyMap<string, { type: string; body: string }>

const conditions = ['@outlast/source', 'module', 'browser', 'production', 'import', 'default']
/** The page around a component or a program. */
const shell =
  '<!doctype html><meta charset="utf-8"><div id="root"></div><script type="module" src="/page.js"></script>'

const svelte: Plugin = {
  name: 'svelte',
  transform: (code, id) =>
    extname(id) === '.svelte' ? compile(code, { filename: id, generate: 'client' }).js : null,
}

/** A page of a guide: one of its blocks of code. */
export interface GuidePage {
  /** Name of the file. */
  guide: string
  /** Of the block. */
  language: string
  /** Which of the blocks of that language, from 0. Default: the first. */
  position?: number
  /** The program that puts it onto the screen, and imports it as `guide`. Default: the one for its language. */
  entry?: string
}

/** How the page of each guide gets onto the screen: a component has to be mounted, a program mounts itself. */
const entries: Readonly<Record<string, string>> = {
  tsx: `import 'guide'`,
  vue: `import { createApp } from 'vue'\nimport Page from 'guide'\ncreateApp(Page).mount('#root')`,
  svelte: `import { mount } from 'svelte'\nimport Page from 'guide'\nmount(Page, { target: document.querySelector('#root') })`,
}

interface CodeBlock {
  language: string
  /** Name of the file that it is, for others to import; mostly none. */
  file: string
  code: string
}

function blocksOf(guide: string): CodeBlock[] {
  const text = readFileSync(join(root, 'docs/guides', guide), 'utf8')
  const fences = text.matchAll(/^```(\S+) *(\S*)\n([\s\S]*?)^```$/gm)
  return Array.from(fences, ([, language = '', file = '', code = '']) => ({ language, file, code }))
}

async function bundle(files: Readonly<Record<string, string>>, input: Record<string, string>) {
  // The files have no place on the disk, but import as if they stood in the repository.
  const place = (name: string): string => join(root, 'docs/guides', name)
  const virtual: Plugin = {
    name: 'guide',
    enforce: 'pre',
    resolveId: (id) => {
      if (id === 'guide') return Object.keys(files).map(place)[1] ?? null
      return basename(id) in files ? place(basename(id)) : null
    },
    load: (id) => (id === place(basename(id)) ? (files[basename(id)] ?? null) : null),
  }
  const built = await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [virtual, vue(), svelte],
    resolve: { conditions },
    build: {
      write: false,
      target: 'esnext',
      modulePreload: false,
      rolldownOptions: {
        input,
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunk-[hash].js' },
      },
    },
  })
  if (!('output' in built)) throw new Error('one build has one output')
  return built.output.map((chunk) => ({
    path: `/${chunk.fileName}`,
    body: chunk.type === 'chunk' ? chunk.code : String(chunk.source),
  }))
}

/** Builds the page of a guide as its reader would, from the sources of the packages. */
export async function buildGuide({
  guide,
  language,
  position = 0,
  entry = entries[language],
}: GuidePage): Promise<GuideFiles> {
  const blocks = blocksOf(guide)
  const code = blocks.filter((block) => block.language === language)[position]?.code
  if (code === undefined) throw new Error(`${guide} has no block ${position} of ${language}`)
  const beside = Object.fromEntries(blocks.flatMap((block) => (block.file ? [[block.file, block.code]] : [])))
  const client = publishedPackages().find(({ name }) => name === '@outlast/client')
  const modules = Object.fromEntries(
    (client?.subpaths ?? []).map(({ name, source }) => [
      name.replace('@outlast/client', '').slice(1) || 'index',
      join(root, source),
    ]),
  )
  // A page without a bundler imports the client's own files: several, as in `dist`, that share what they have in common.
  const scripts =
    entry === undefined
      ? (await bundle({}, { index: modules.index ?? '', blocks: modules.blocks ?? '' })).map((file) => ({
          ...file,
          path: `/outlast${file.path}`,
        }))
      : await bundle({ 'entry.ts': entry, [`Guide.${language}`]: code, ...beside }, { page: 'entry.ts' })
  const html = { path: '/', body: entry === undefined ? code : shell }
  return new Map(
    [html, ...scripts].map(({ path, body }) => [
      path,
      { body, type: path === '/' ? 'text/html; charset=utf-8' : 'text/javascript' },
    ]),
  )
}
