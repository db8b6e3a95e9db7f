import { checkTypes, listFiles } from '../../tools/index.ts'
import { code, counted, quote } from '../quote.ts'
import type { Skill, Work } from '../skill.ts'
import { fileIn } from './named-file.ts'

/** `type-check packages/core`, `run tsc`. */
export const checkProjectTypes: Skill = {
  plan(request) {
    if (!/\btype[- ]?check|\btsc\b|\btype errors?\b|\bcheck (the )?types\b/i.test(request)) return null
    const folder = fileIn(request)?.path ?? ''
    return {
      understood: `You want TypeScript to check ${folder === '' ? 'the project' : code(folder)}.`,
      steps: ['Find the tsconfig', 'Run tsc on it'],
      carryOut: (work) => check(folder, work),
    }
  },
}

async function check(folder: string, work: Work): Promise<string> {
  work.step()
  const list = await work.use(listFiles, { containing: 'tsconfig' }, 'Finding the tsconfig files')
  const projects = (list.value?.files ?? []).filter((file) => /tsconfig\.json$/.test(file))
  const project = projects.find((file) => file.includes(folder)) ?? projects[0]
  if (project === undefined)
    return '**No tsconfig.** This checkout has no TypeScript project that I can find.'
  work.step()
  const result = await work.use(checkTypes, { project }, `Type-checking ${project}`)
  if (result.value === undefined) return `I could not check ${code(project)}: ${result.content}`
  const { passed, errors, output } = result.value
  if (passed) return `**No errors.** ${code(project)} type-checks.`
  return `**${counted(errors, 'error')}** in ${code(project)}:\n\n${quote(output.trim())}`
}
