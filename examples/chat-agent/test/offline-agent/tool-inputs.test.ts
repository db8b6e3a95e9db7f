import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Work } from '../../server/offline-agent/skill.ts'
import { planFor } from '../../server/offline-agent/skills/index.ts'
import type { chatTools } from '../../server/tools/index.ts'

const word = fc.oneof(
  fc.constantFrom(
    'find',
    'where',
    'read',
    'show',
    'run',
    'test',
    'who',
    'changed',
    'type-check',
    'last',
    'what',
  ),
  fc.constantFrom(
    'README',
    '.env',
    'src/a.ts:0-0',
    'b.ts:9-3',
    'c.ts:99999999999999999999',
    '"',
    '`',
    '../x',
  ),
  fc.string({ maxLength: 12 }),
  fc.integer({ min: 1, max: 3_000 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 1, max: 1_000 }).map((length) => `${'dir/'.repeat(length)}a.test.ts`),
)
const request = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '))

/** What each tool may answer, so that plans come as far as they can. */
const answers: Record<(typeof chatTools)[number]['name'], (file: string) => unknown> = {
  search_code: () => ({ total: 1, files: { 'a.ts': 1 }, complete: false, matches: ['a.ts:1: x'] }),
  list_files: (file) => ({ total: 1, complete: true, files: [file, 'tsconfig.json', 'a.test.ts'] }),
  read_file: () => ({ file: 'a.ts', text: 'x', first_line: 1, last_line: 1, total_lines: 1 }),
  git_log: () => ({ total: 1, commits: [{ hash: 'a1', date: '', author: 'Ada', subject: '' }] }),
  git_diff: () => ({ files: '', untracked: [], patch: '', complete: true }),
  git_blame: () => ({ text: '' }),
  run_tests: () => ({ passed: true, exit_code: 0, output: '' }),
  check_types: () => ({ passed: true, errors: 0, output: '' }),
}

it('never asks a tool for what the tool refuses, whatever the request', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (message) => {
      const work: Work = {
        step() {},
        think: async () => {},
        async use(tool, input) {
          const checked = tool.input.safeParse(input)
          expect(checked.error?.message, `${tool.name} ${JSON.stringify(input)}`).toBeUndefined()
          const named = Object.values(input as object).find((value) => typeof value === 'string') ?? 'a.ts'
          const value = answers[tool.name as keyof typeof answers](named) as never
          return { status: 'completed', content: '', role: 'tool', tool_call_id: '', value }
        },
      }
      expect(await planFor(message).carryOut(work)).toEqual(expect.any(String))
    }),
    { numRuns: 500 },
  )
})
