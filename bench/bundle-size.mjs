// `npm run build`, then `node bench/bundle-size.mjs`: what pages carry of the client as it was built, minified, by esbuild alone
// and shaken by Rollup before. What a page has of its own, such as a framework, is not counted. README.md says more.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

// Both come with tsup, which builds the packages.
const ofTsup = createRequire(createRequire(import.meta.url).resolve('tsup'))
const esbuild = ofTsup('esbuild')
const { rollup } = ofTsup('rollup')

const client = `
  export { TaskClient, restoreTaskState } from '@outlast/client'
  export { reduceEvents, initialBlocks, blockFold } from '@outlast/client/blocks'`
const binding = `export { TaskClientProvider, useTask, useTaskClient } from '@outlast/client/react'`

/** @type {Readonly<Record<string, string>>} */
const pages = {
  'client with polling, blocks and restore': client,
  'client with every transport and tabs': `${client}
  export { auto, sse, websocket, polling } from '@outlast/client/transports'
  export { tabs } from '@outlast/client/tabs'`,
  'reducer alone': `export { reduceEvents, initialBlocks, blockFold } from '@outlast/client/blocks'`,
  'client and React binding': `${client}\n${binding}`,
  'React binding alone': binding,
  'AI SDK transport alone': `export { OutlastChatTransport, currentParts } from '@outlast/client/ai-sdk'`,
}

const home = new URL('../packages/client/', import.meta.url)
const { exports } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8'))

/** The built file behind one of the client's entries; `null` for all else. @param {string} name */
function builtFile(name) {
  const target = name.startsWith('@outlast/client') && exports[name.replace('@outlast/client', '.')]
  return target ? fileURLToPath(new URL(target.import.default, home)) : null
}

/** @param {string} page @returns {Promise<string>} */
async function byEsbuild(page) {
  const { outputFiles } = await esbuild.build({
    stdin: { contents: page, resolveDir: fileURLToPath(home) },
    ...{ bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', target: 'es2022' },
    external: ['react'],
    // It would warn of chunks that a built file imports for nothing, as it does not below node_modules.
    logLevel: 'error',
  })
  return outputFiles[0].text
}

/** @param {string} page @returns {Promise<string>} */
async function byRollup(page) {
  const plugin = {
    name: 'built',
    /** @param {string} id */
    resolveId: (id) => (id === 'page' ? id : builtFile(id)),
    /** @param {string} id */
    load: (id) => (id === 'page' ? page : null),
  }
  // It would say of `"use client"` that it leaves it out.
  const bundle = await rollup({ input: 'page', external: ['react'], plugins: [plugin], logLevel: 'silent' })
  const { output } = await bundle.generate({ format: 'es' })
  await bundle.close()
  const { code } = await esbuild.transform(output[0].code, { minify: true, format: 'esm', target: 'es2022' })
  return code
}

const kilobytes = (/** @type {string | Uint8Array} */ bytes) => `${(bytes.length / 1000).toFixed(2)} kB`

console.log('| a page with | esbuild: minified | gzip | Rollup: minified | gzip |\n|---|---:|---:|---:|---:|')
for (const [name, page] of Object.entries(pages)) {
  const cells = [await byEsbuild(page), await byRollup(page)].flatMap((code) => [
    kilobytes(code),
    kilobytes(gzipSync(code, { level: 9 })),
  ])
  console.log(`| ${name} | ${cells.join(' | ')} |`)
}
