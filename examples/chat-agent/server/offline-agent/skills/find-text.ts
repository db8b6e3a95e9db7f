import { parseMatch, type SearchMatch, searchCode } from '../../tools/index.ts'
import { identifierIn, quotedIn } from '../keywords.ts'
import { code, counted, quote } from '../quote.ts'
import type { Skill, Work } from '../skill.ts'

const maxFiles = 5
const maxLinesOfFile = 3

/** `find X`, `where is X`: a term given literally, which ripgrep looks up. */
export const findText: Skill = {
  plan(request) {
    if (
      !/\b(find|where|search|grep|locate|look\s+for|which\s+files?|usages?|uses?\s+of|occurrences?)\b/i.test(
        request,
      )
    ) {
      return null
    }
    const [, plain] =
      /^\W*(?:please\s+)?(?:find|grep|locate|search(?:\s+for)?|look\s+for)\s+(?:all\s+|the\s+)*([\w$./-]{3,})\W*$/i.exec(
        request,
      ) ?? []
    const term = quotedIn(request) ?? identifierIn(request) ?? plain
    if (term === undefined) return null
    return {
      understood: `You want to know where ${code(term)} is. That is a text to look up as it stands.`,
      steps: [`Search the checkout for ${code(term)}`, 'Sort the places: definitions first, tests last'],
      carryOut: (work) => find(term, work),
    }
  },
}

async function find(term: string, work: Work): Promise<string> {
  work.step()
  const search = await work.use(
    searchCode,
    { pattern: term, literal: true },
    `Looking for ${term} in every file`,
  )
  if (search.value === undefined) return `The search did not work: ${search.content}`
  const { total, files, matches, complete } = search.value
  if (total === 0) {
    return `**Nothing found.** No line of the checkout contains ${code(term)}. Ignored files were not searched.`
  }
  work.step()
  const byFile = groupByFile(matches)
  const ranked = [...byFile].sort(([a, inA], [b, inB]) => rank(b, inB, term) - rank(a, inA, term))
  const fileCount = Object.keys(files).length
  const places = ranked.slice(0, maxFiles).map(([file, found]) => {
    const best = [...found].sort((a, b) => Number(defines(b.text, term)) - Number(defines(a.text, term)))
    const shown = best.slice(0, maxLinesOfFile).sort((a, b) => a.line - b.line)
    const count = files[file] ?? found.length
    const more = count > shown.length ? `, ${shown.length} of ${count} lines` : ''
    const lines = shown.map(({ line, text }) => `${line}: ${text}`).join('\n')
    return `${code(`${file}:${shown[0]?.line}`)}${more}\n\n${quote(lines, file)}`
  })
  const left = fileCount - Math.min(maxFiles, ranked.length)
  return [
    `**${counted(total, 'line')} in ${counted(fileCount, 'file')}** contain ${code(term)}.`,
    ...places,
    left > 0 ? `${counted(left, 'further file')} not listed here; the search's own result has them.` : '',
    complete ? '' : 'The search found more than it could return, so the ranking covers its first lines only.',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function groupByFile(matches: readonly string[]): Map<string, SearchMatch[]> {
  const groups = new Map<string, SearchMatch[]>()
  for (const match of matches) {
    const parsed = parseMatch(match)
    if (parsed === null) continue
    const group = groups.get(parsed.file)
    if (group === undefined) groups.set(parsed.file, [parsed])
    else group.push(parsed)
  }
  return groups
}

function defines(text: string, term: string): boolean {
  const at = text.indexOf(term)
  return (
    at > 0 && /\b(function|class|interface|type|const|let|var|enum|def|async)\s+$/.test(text.slice(0, at))
  )
}

function rank(file: string, found: readonly SearchMatch[], term: string): number {
  const definition = found.some(({ text }) => defines(text, term)) ? 100 : 0
  const test = /(^|\/)(test|tests|__tests__)\/|\.test\./.test(file) ? -50 : 0
  return definition + test + Math.min(found.length, 20)
}
