import type { DocFile } from './doc-files.ts'

/** A block of TypeScript in a Markdown file. */
export interface Snippet {
  /** Path of the Markdown file. */
  doc: string
  /** Line of the block's first line of code in that file, from 1. */
  line: number
  extension: 'ts' | 'tsx'
  code: string
}

const fence = /^( *)```(\S*).*\n([\s\S]*?)^ *```$/gm

/** The blocks of a Markdown file that say they are TypeScript. */
export function extractSnippets({ path, text }: DocFile): Snippet[] {
  return Array.from(text.matchAll(fence)).flatMap((match): Snippet[] => {
    const [, indent = '', language = '', code = ''] = match
    if (language !== 'ts' && language !== 'tsx' && language !== 'typescript') return []
    const line = text.slice(0, match.index).split('\n').length + 1
    const flush = code.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    return [{ doc: path, line, extension: language === 'tsx' ? 'tsx' : 'ts', code: flush }]
  })
}
