import { gitBlame, gitDiff, gitLog, listFiles } from '../../tools/index.ts'
import { code, counted, quote } from '../quote.ts'
import type { Plan, Skill, Work } from '../skill.ts'
import { fileIn } from './named-file.ts'
import { closest } from './show-file.ts'

/** `what changed`, `history of FILE`, `who wrote FILE:12`: questions that git answers. */
export const tellHistory: Skill = {
  plan(request) {
    const about = fileIn(request)
    if (/\b(uncommitted|not committed|unstaged|working tree|git (diff|status))\b/i.test(request))
      return changesPlan
    if (about !== null && /\b(who|blame|history|changed?|log|author|last)\b/i.test(request)) {
      return {
        understood: `You ask who changed ${code(about.path)}, and when; git knows that.`,
        steps: [
          'Find the file',
          'Ask git for its commits',
          ...(about.first === null ? [] : ['Ask git about the lines']),
        ],
        carryOut: (work) => historyOf(about, work),
      }
    }
    const general =
      /\b(what|anything)\b.*\b(changed?|new|happened)\b|\b(git log|history|recent\w* (changes|commits)|(last|latest) commits?)\b/i
    return general.test(request) ? recentPlan : null
  },
}

const changesPlan: Plan = {
  understood: 'You ask what is changed and not committed; git compares the files with the last commit.',
  steps: ['Compare the working tree with the last commit'],
  async carryOut(work) {
    work.step()
    const diff = await work.use(gitDiff, {}, 'Comparing the files with the last commit')
    if (diff.value === undefined) return `git could not answer: ${diff.content}`
    const { files, untracked, patch, complete } = diff.value
    if (files === '' && untracked.length === 0) return '**Nothing.** The working tree is the last commit.'
    return [
      files === '' ? 'No tracked file is changed.' : `**Changed files**\n\n${quote(files)}`,
      untracked.length > 0
        ? `**${counted(untracked.length, 'new file')}**: ${untracked.slice(0, 12).map(code).join(', ')}`
        : '',
      patch === ''
        ? ''
        : `**The beginning of the patch**\n\n${quote(patch.split('\n').slice(0, 40).join('\n'))}`,
      complete ? '' : 'The patch is longer than what I kept of it.',
    ]
      .filter((part) => part !== '')
      .join('\n\n')
  },
}

const recentPlan: Plan = {
  understood: 'You ask what happened lately; the last commits tell.',
  steps: ['Ask git for the last commits', 'Look at what the newest one changed'],
  async carryOut(work) {
    work.step()
    const log = await work.use(gitLog, { limit: 10 }, 'Asking git for the last commits')
    if (log.value === undefined) return `git could not answer: ${log.content}`
    const newest = log.value.commits[0]
    if (newest === undefined) return '**No commits yet.**'
    work.step()
    const diff = await work.use(gitDiff, { commit: newest.hash }, `Looking at what ${newest.hash} changed`)
    const list = log.value.commits.map(
      ({ hash, date, author, subject }) => `- ${code(hash)} ${date}, ${author}: ${subject}`,
    )
    return [
      `**The ${lastCommits(log.value.total)}**`,
      list.join('\n'),
      diff.value === undefined
        ? `What the newest one changed, git could not say: ${diff.content}`
        : `**Files of the newest one**\n\n${quote(diff.value.files)}`,
    ].join('\n\n')
  },
}

const lastCommits = (count: number): string =>
  count === 1 ? 'last commit' : `last ${counted(count, 'commit')}`

async function historyOf(
  about: { path: string; first: number | null; last: number | null },
  work: Work,
): Promise<string> {
  work.step()
  const list = await work.use(listFiles, { containing: about.path }, `Finding ${about.path}`)
  const file = closest(list.value?.files ?? [], about.path)[0]
  if (file === undefined) return `**No such file.** No path of the checkout contains ${code(about.path)}.`
  work.step()
  const log = await work.use(gitLog, { file, limit: 12 }, `Asking git who changed ${file}`)
  if (log.value === undefined) return `git could not answer: ${log.content}`
  const { commits } = log.value
  if (commits.length === 0) return `${code(file)} is in no commit yet.`
  const authors = new Map<string, number>()
  for (const { author } of commits) authors.set(author, (authors.get(author) ?? 0) + 1)
  const parts = [
    `${code(file)}: the ${lastCommits(commits.length)}, by ${[...authors].map(([name, count]) => `${name} (${count})`).join(', ')}.`,
    commits.map(({ hash, date, subject }) => `- ${code(hash)} ${date}: ${subject}`).join('\n'),
  ]
  if (about.first !== null) {
    work.step()
    const range = { file, first_line: about.first, last_line: Math.max(about.first, about.last ?? 1) }
    const blame = await work.use(gitBlame, range, `Asking git about line ${about.first}`)
    parts.push(
      blame.value === undefined
        ? `git could not tell about the lines: ${blame.content}`
        : quote(blame.value.text),
    )
  }
  return parts.join('\n\n')
}
