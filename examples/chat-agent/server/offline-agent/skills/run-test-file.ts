import { listFiles, runTests } from '../../tools/index.ts'
import { keywordsOf } from '../keywords.ts'
import { code, quote } from '../quote.ts'
import type { Skill, Work } from '../skill.ts'
import { fileIn } from './named-file.ts'
import { closest } from './show-file.ts'

const testFile = /\.test\.(ts|mjs|cjs|js)$/

/** `run the slow tests`, `test packages/core/test/errors.test.ts`. */
export const runTestFile: Skill = {
  plan(request) {
    if (!/\b(run|start|execute|try|launch)\b.*\btests?\b|^\W*test\s+\S+/is.test(request)) return null
    const named =
      fileIn(request)?.path ??
      keywordsOf(request.replace(/\b(run|start|execute|try|launch|tests?)\b/gi, ' '), 1)[0]?.word ??
      ''
    return {
      understood:
        named === ''
          ? 'You want tests to be run, and name none.'
          : `You want tests to be run: those that have ${code(named)} in their path.`,
      steps: ['Find the test file', 'Run it as a process of its own'],
      carryOut: (work) => run(named, work),
    }
  },
}

async function run(named: string, work: Work): Promise<string> {
  work.step()
  const list = await work.use(
    listFiles,
    { containing: named === '' ? '.test.' : named },
    'Finding the test file',
  )
  if (list.value === undefined) return `I could not list the files: ${list.content}`
  const tests = closest(
    list.value.files.filter((file) => testFile.test(file)),
    named,
  )
  const [file, ...others] = tests
  if (file === undefined)
    return `**No such test.** No test file of the checkout has ${code(named)} in its path.`
  if (named === '') {
    return `I run one test file at a time. Name one of these ${list.value.complete ? '' : 'and more, at least '}${tests.length}, please:\n\n${tests
      .slice(0, 15)
      .map((path) => `- ${code(path)}`)
      .join('\n')}${tests.length > 15 ? '\n- …' : ''}`
  }
  const left = list.value.complete ? `${others.length}` : `at least ${others.length}`
  await work.think(
    `I take ${file}${others.length > 0 ? `; ${left} more would fit` : ''}. This may take a while; Stop ends the processes.`,
  )
  work.step()
  const result = await work.use(runTests, { file }, `Running ${file}`)
  if (result.value === undefined) return `I could not run ${code(file)}: ${result.content}`
  const { passed, exit_code, output } = result.value
  return [
    passed
      ? `**Passed.** Every test of ${code(file)} is green.`
      : `**Failed.** ${code(file)} ended with exit code ${exit_code}.`,
    quote(output.split('\n').slice(-40).join('\n').trim()),
    others.length > 0
      ? `I run one file at a time. **Not run, though ${left} more ${others.length === 1 ? 'fits' : 'fit'}:** ${others.slice(0, 5).map(code).join(', ')}${others.length > 5 ? ', …' : '.'}`
      : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}
