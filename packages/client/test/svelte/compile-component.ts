import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { compile } from 'svelte/compiler'

const { resolve } = createRequire(import.meta.url)

/** Compiles a component for the page or for a server, and loads it. */
export async function compileComponent(source: string, generate: 'client' | 'server'): Promise<unknown> {
  // For the page by default: Svelte 4 has another word for it.
  const { js } = compile(source, { ...(generate === 'server' && { generate }), dev: false })
  // It tells the page which Svelte this is, and Svelte 4.0.0 cannot resolve it.
  const code = js.code.replace(/^import ['"]svelte\/internal\/disclose-version['"];?$/m, '')
  // A module without a place has nothing to resolve its imports against.
  const placed = code.replaceAll(/(from |import )(['"])(svelte[^'"]*)\2/g, (_, before, quote, name) => {
    return `${before}${quote}${pathToFileURL(resolve(name))}${quote}`
  })
  const loaded: { default: unknown } = await import(`data:text/javascript,${encodeURIComponent(placed)}`)
  return loaded.default
}
