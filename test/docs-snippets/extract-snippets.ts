import type { DocFile } from './doc-files.ts'

/** A block of TypeScript in a Markdown file. */
export interface Snippet {
  /** Path of the Markdown file. */
  doc: string
  /** Line of the block's first line of code in that file, from 1. */
  line: number
  extension: 'ts' | 'tsx'
  /** The file that it is, where its fence names one: other blocks can import it. */
  file?: string
  code: string
}

const fence = /^( *)```(\S*) *(\S*).*\n([\s\S]*?)^ *```$/gm

/** The blocks of a Markdown file that say they are TypeScript, and the scripts of its Vue and Svelte components. */
export function extractSnippets({ path, text }: DocFile): Snippet[] {
  return Array.from(text.matchAll(fence)).flatMap((match): Snippet[] => {
    const [, indent = '', language = '', file = '', code = ''] = match
    const line = text.slice(0, match.index).split('\n').length + 1
    const flush = code.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    if (language === 'vue' || language === 'svelte')
      return scriptOf({ doc: path, line, extension: 'ts', code: flush })
    if (language !== 'ts' && language !== 'tsx' && language !== 'typescript') return []
    const extension = language === 'tsx' ? 'tsx' : 'ts'
    return [{ doc: path, line, extension, code: flush, ...(file && { file }) }]
  })
}

/** The script of a component: its markup is tried in a browser, where the guides' pages are opened. */
function scriptOf(component: Snippet): Snippet[] {
  const [, before = '', code] = /^([\s\S]*?<script\b[^>]*>\n)([\s\S]*?)<\/script>/.exec(component.code) ?? []
  if (code === undefined) return []
  return [{ ...component, line: component.line + before.split('\n').length - 1, code }]
}
