import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { compile } from 'svelte/compiler'

const { resolve } = createRequire(import.meta.url)

/** Compiles a component for the page or for a server, and loads it. */
export async function compileComponent(source: string, generate: 'client' | 'server'): Promise<unknown> {
  const { js } = compile(source, { generate, dev: false })
  // A module without a place has nothing to resolve its imports against.
  const placed = js.code.replaceAll(/(from |import )'(svelte[^']*)'/g, (_, before: string, name: string) => {
    return `${before}'${pathToFileURL(resolve(name))}'`
  })
  const loaded: { default: unknown } = await import(`data:text/javascript,${encodeURIComponent(placed)}`)
  return loaded.default
}
