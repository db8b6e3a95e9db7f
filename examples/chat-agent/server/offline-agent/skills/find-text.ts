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
      /^\W*(?:please\s+)?(?:find|grep|locate|search(?:\s+for)?|look\s+for)\s+(?:all\s+|the\s+)*([\w$./-]{3,120})\W*$/i.exec(
        request,
      ) ?? []
    const term = quotedIn(request) ?? identifierIn(request) ?? plain
    if (term === undefined) return null
    return {
      understood: `You want to know where ${code(term)} is. That is a text to look up as it stands.`,
      steps: [
        `Search the checkout for ${code(term)}`,
        'Sort the places: definitions, other code, tests, documents',
      ],
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
  const { total, files, complete } = search.value
  if (total === 0) {
    return `**Nothing found.** No line of the checkout contains ${code(term)}. Ignored files were not searched.`
  }
  const inCode = complete
    ? search
    : await work.use(
        searchCode,
        { pattern: term, literal: true, glob: '!*.md' },
        'Too many: looking again, without documents',
      )
  work.step()
  const byFile = groupByFile(inCode.value?.matches.length ? inCode.value.matches : search.value.matches)
  const ranked = [...byFile].sort(([a, inA], [b, inB]) => rank(b, inB, term) - rank(a, inA, term))
  const fileCount = Object.keys(files).length
  const places = ranked.slice(0, maxFiles).map(([file, found]) => {
    const best = [...found].sort((a, b) => weight(b.text, term) - weight(a.text, term))
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
    inCode.value?.complete
      ? ''
      : 'The search found more than it could return, so the ranking covers its first lines only.',
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

/** How much a line says about what a term is: a definition most, then a member of a type, other code, a comment. */
function weight(text: string, term: string): number {
  const at = text.indexOf(term)
  const before = text.slice(0, Math.max(0, at))
  if (/\b(function|class|interface|type|const|let|var|enum|def|async)\s+$/.test(before)) return 100
  if (/^\s*(\/\/|\/?\*|#|<!--)/.test(text)) return 0
  return before.trim() === '' && /^\??:/.test(text.slice(at + term.length)) ? 30 : 20
}

const testFile = /(^|\/)(test|tests|__tests__)\/|\.test\./
const document = /\.(md|mdx|txt|rst|html)$|(^|\/)docs\//

/** Definitions first, then other code, then tests, then documents; within each, the file with more of it. */
function rank(file: string, found: readonly SearchMatch[], term: string): number {
  const best = Math.max(...found.map(({ text }) => weight(text, term)))
  const kind = document.test(file) ? -200 : testFile.test(file) ? -50 : 0
  return best + kind + Math.min(found.length, 20)
}
