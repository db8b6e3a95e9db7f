import { listFiles, readFile } from '../../tools/index.ts'
import { code, counted, quote } from '../quote.ts'
import type { Skill, Work } from '../skill.ts'
import { fileIn } from './named-file.ts'

const linesShown = 60

/** `show FILE`, `read FILE:10-40`, `explain FILE`. */
export const showFile: Skill = {
  plan(request) {
    const wantsWords = /\b(explain|describe|summari[sz]e|summary)\b/i.test(request)
    if (!wantsWords && !/\b(read|show|open|cat|print|display|view|see)\b/i.test(request)) return null
    const named = fileIn(request)
    if (named === null) return null
    return {
      understood: wantsWords
        ? `You name the file ${code(named.path)}. To put it into other words takes a language model; I can show it.`
        : `You name the file ${code(named.path)}, and want to see it.`,
      steps: ['Find the file', 'Read it'],
      carryOut: (work) => show(named, wantsWords, work),
    }
  },
}

async function show(
  named: { path: string; first: number | null; last: number | null },
  wantsWords: boolean,
  work: Work,
): Promise<string> {
  work.step()
  const list = await work.use(listFiles, { containing: named.path }, `Finding ${named.path}`)
  if (list.value === undefined) return `I could not list the files: ${list.content}`
  // Hidden files, and what lies outside, are in no list; the tool that reads says whether it may.
  const isUnlisted = /(^|\/)\.|^\//.test(named.path)
  const [file, ...others] = isUnlisted ? [named.path] : closest(list.value.files, named.path)
  if (file === undefined) return `**No such file.** No path of the checkout contains ${code(named.path)}.`
  work.step()
  const first = named.first ?? 1
  const last = Math.max(first, named.last ?? (named.first === null ? linesShown : first + 20))
  const read = await work.use(readFile, { file, first_line: first, last_line: last }, `Reading ${file}`)
  if (read.value === undefined) return `I could not read ${code(file)}: ${read.content}`
  const { text, total_lines, last_line } = read.value
  if (last_line < first) return `${code(file)} has only ${counted(total_lines, 'line')}.`
  return [
    wantsWords ? 'I cannot put this into other words; here is what it says.' : '',
    `${code(file)}, lines ${first} to ${last_line} of ${total_lines}:`,
    quote(text, file),
    last_line < total_lines
      ? `Ask for ${code(`${file}:${last_line + 1}-${last_line + linesShown}`)} to go on.`
      : '',
    others.length > 0 ? `Other paths with that name: ${others.slice(0, 5).map(code).join(', ')}.` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** The exact path first, then files of that name, then the shortest path. */
export function closest(files: readonly string[], path: string): readonly string[] {
  const distance = (file: string): number =>
    file === path ? 0 : file.endsWith(`/${path}`) ? file.length : 1_000 + file.length
  return [...files].sort((a, b) => distance(a) - distance(b))
}
