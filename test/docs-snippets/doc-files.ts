import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/lib/run.mjs'

/** A Markdown file. */
export interface DocFile {
  /** From the root: `docs/guides/tasks.md`. */
  path: string
  text: string
}

const skipped = /(?:^|\/)(?:node_modules|dist|\.[^/]+)\/|^docs\/reference\//

function markdownBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md') && !skipped.test(path))
}

/** Every Markdown file of the repository that is written by hand. */
export function docFiles(): DocFile[] {
  const atRoot = readdirSync(root).filter((path) => path.endsWith('.md'))
  const paths = [...atRoot, ...['docs', 'packages', 'examples'].flatMap(markdownBelow)]
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}
