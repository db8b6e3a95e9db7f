import { rgPath } from '@vscode/ripgrep'
import { z } from 'zod'
import { defineChatTool } from './chat-tool.ts'
import { runProgram } from './run-program.ts'

/** One line that matched. */
export interface SearchMatch {
  file: string
  line: number
  text: string
}

/** Lock files match everything and explain nothing. */
const uninteresting = ['!package-lock.json', '!**/*.lock', '!**/*.min.*']
const maxKept = 200

/** Searches the checkout with ripgrep, `.gitignore` obeyed. */
export const searchCode = defineChatTool({
  name: 'search_code',
  description:
    'Search the files of the checkout with ripgrep. Answers matching lines as "path:line: text", how many lines ' +
    'matched, and how many per file.',
  input: z.object({
    pattern: z.string().min(1).max(500).describe('A regular expression, or plain text with `literal`.'),
    literal: z.boolean().default(false),
    glob: z.string().max(200).optional().describe('Only files that match, such as `*.ts` or `docs/**`.'),
  }),
  async run({ pattern, literal, glob }, environment) {
    const args = [
      '--line-number',
      '--no-heading',
      '--null',
      '--smart-case',
      '--sort=path',
      '--max-columns=400',
    ]
    args.push('--max-columns-preview', ...(literal ? ['--fixed-strings'] : []))
    for (const excluded of uninteresting) args.push(`--glob=${excluded}`)
    if (glob !== undefined) args.push(`--glob=${glob}`)
    args.push(`--regexp=${pattern}`, '.')
    const result = await runProgram(rgPath, args, environment, { maxOutputBytes: 2_000_000 })
    // 0: matches, 1: none, 2: something is wrong with the request.
    if (result.exitCode !== 0 && result.exitCode !== 1) throw new Error(result.output.trim())
    const matches = result.output.split('\n').flatMap(parseLine)
    const files: Record<string, number> = {}
    for (const { file } of matches) files[file] = (files[file] ?? 0) + 1
    return {
      total: matches.length,
      complete: !result.truncated && matches.length <= maxKept,
      files,
      matches: matches.slice(0, maxKept).map(({ file, line, text }) => `${file}:${line}: ${text.trim()}`),
    }
  },
})

/** `./path\0line:text`, as `--null` makes it. */
function parseLine(raw: string): SearchMatch[] {
  const [, file, line, text] = /^(?:\.[\\/])?([^\0]+)\0(\d+):(.*)$/s.exec(raw) ?? []
  if (file === undefined || line === undefined || text === undefined) return []
  return [{ file: file.replaceAll('\\', '/'), line: Number(line), text }]
}

/** Reads back a line of `matches`. */
export function parseMatch(match: string): SearchMatch | null {
  const [, file, line, text] = /^(.+?):(\d+): (.*)$/s.exec(match) ?? []
  return file === undefined || text === undefined ? null : { file, line: Number(line), text }
}
