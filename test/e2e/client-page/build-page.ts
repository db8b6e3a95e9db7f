import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bundlePage } from '../bundle-page.ts'

/** Serves the page at `/`. */
export type ServePage = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Bundles a page from the sources.
 *
 * @param page its script, which has an `index.html` beside it; default: the one of this folder
 */
export async function buildPage(page: URL = new URL('page.ts', import.meta.url)): Promise<ServePage> {
  const html = readFileSync(new URL('index.html', page))
  const code = await bundlePage(page)
  return ({ url = '/' }, response) => {
    const isScript = url === '/page.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
    response.end(isScript ? code : html)
  }
}
