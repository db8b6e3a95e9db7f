import { readFile, searchCode } from '../../tools/index.ts'
import { type Keyword, keywordsOf } from '../keywords.ts'
import { code, counted, quote } from '../quote.ts'
import type { Plan, Work } from '../skill.ts'
import { bestWindow } from './best-window.ts'
import { introduction } from './introduce.ts'

const maxKeywords = 4
const filesRead = 3

/** Takes any other request by its words: they are searched for, and the files where they meet are read and quoted. */
export function lookUpWords(request: string): Plan {
  const keywords = keywordsOf(request, maxKeywords)
  if (keywords.length === 0) return introduction('I find no word in this that I could search for.')
  const words = keywords.map(({ word }) => code(word)).join(', ')
  return {
    understood: `This fits none of my special rules, so I take its words: ${words}.`,
    steps: [
      ...keywords.map(({ stem }) => `Search for ${code(stem)}`),
      `Read the ${filesRead} files where most of them meet`,
    ],
    carryOut: (work) => lookUp(keywords, work),
  }
}

async function lookUp(keywords: readonly Keyword[], work: Work): Promise<string> {
  const scores = new Map<string, { score: number; words: number }>()
  const counts: string[] = []
  for (const { word, stem } of keywords) {
    work.step()
    const search = await work.use(searchCode, { pattern: stem, literal: true }, `Looking for ${stem}`)
    if (search.value === undefined) {
      counts.push(`- ${code(word)}: the search did not work (${search.content})`)
      continue
    }
    const files = Object.entries(search.value.files)
    counts.push(`- ${code(stem)}: ${counted(search.value.total, 'line')} in ${counted(files.length, 'file')}`)
    // A word that is everywhere says little about where to look.
    const weight = 1 / Math.log2(2 + files.length)
    for (const [file, lines] of files) {
      const known = scores.get(file) ?? { score: 0, words: 0 }
      const inName = file.toLowerCase().includes(stem) ? 3 : 0
      const score = known.score + weight * (Math.min(4, Math.log2(1 + lines)) + inName)
      scores.set(file, { score, words: known.words + 1 })
    }
  }
  const ranked = [...scores].sort(([fileA, a], [fileB, b]) => value(fileB, b) - value(fileA, a))
  work.step()
  if (ranked.length === 0)
    return `**Nothing found.** None of these words is in the checkout:\n\n${counts.join('\n')}`
  const chosen = ranked.slice(0, filesRead)
  await work.think(
    `${counted(ranked.length, 'file')} contain at least one of the words. The best by count and by rarity: ` +
      `${chosen.map(([file]) => file).join(', ')}. I read these.`,
  )
  const quotes: string[] = []
  for (const [file, { words }] of chosen) {
    const read = await work.use(readFile, { file }, `Reading ${file}`)
    if (read.value === undefined) {
      quotes.push(`- ${code(file)} could not be read: ${read.content}`)
      continue
    }
    const { first, text } = bestWindow(
      read.value.text,
      keywords.map(({ stem }) => stem),
    )
    const line = read.value.first_line + first
    quotes.push(
      `${code(`${file}:${line}`)} has ${words} of ${counted(keywords.length, 'word')}:\n\n${quote(text, file)}`,
    )
  }
  return [
    '**What I searched for**',
    counts.join('\n'),
    '**Where the words meet**',
    ...quotes,
    'I matched words, not meaning: whether this answers the question is for you to judge.',
  ].join('\n\n')
}

/** Files with more of the words first; tests and change logs repeat words without explaining them. */
function value(file: string, { score, words }: { score: number; words: number }): number {
  const secondary = /(^|\/)tests?\/|\.test\.|CHANGELOG|\.json$/.test(file) ? 0.5 : 1
  return score * words * secondary
}
