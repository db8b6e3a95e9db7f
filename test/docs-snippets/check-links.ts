import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { root } from '../../scripts/lib/run.mjs'
import type { DocFile } from './doc-files.ts'

const link = /\]\(([^()\s]+)\)/g
const elsewhere = /^[a-z][a-z+.-]*:/i

/** The text with every block of code blanked out, line for line. */
function prose(text: string): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, (block) => block.replaceAll(/[^\n]/g, ''))
}

/** The anchors that GitHub gives a file's headings. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of prose(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = words.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')
    let unique = anchor
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`
    anchors.add(unique)
  }
  return anchors
}

/**
 * Checks every relative link of Markdown files: the file that it names, and the heading where it names one.
 *
 * @returns what is wrong, each as `docs/page.md:12: sentence`
 */
export function checkLinks(files: readonly DocFile[]): string[] {
  const anchors = new Map(files.map(({ path, text }) => [path, anchorsOf(text)]))
  return files.flatMap(({ path, text }) =>
    Array.from(prose(text).matchAll(link)).flatMap((match) => {
      const target = match[1] ?? ''
      if (elsewhere.test(target)) return []
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : posix.join(posix.dirname(path), file)
      const before = prose(text).slice(0, match.index)
      const problem = problemOf(found, anchor)
      return problem === null ? [] : [`${path}:${before.split('\n').length}: ${target}: ${problem}`]
    }),
  )

  function problemOf(file: string, anchor: string | undefined): string | null {
    if (!existsSync(join(root, file)) && !anchors.has(file)) return 'there is no such file'
    if (anchor === undefined || anchors.get(file)?.has(anchor)) return null
    return 'there is no such heading'
  }
}
