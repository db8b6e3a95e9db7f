import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import type { ChatTool } from '../../server/tools/chat-tool.ts'
import {
  gitBlame,
  gitDiff,
  gitLog,
  listFiles,
  parseMatch,
  readFile,
  runTests,
  searchCode,
} from '../../server/tools/index.ts'
import { smallCheckout } from '../small-checkout.ts'

let checkout: ReturnType<typeof smallCheckout>
beforeAll(() => {
  checkout = smallCheckout()
})
afterAll(() => checkout.remove())

function use<Input extends z.ZodType, Output>(
  tool: ChatTool<string, Input, Output>,
  input: z.input<Input>,
  report: (update: unknown) => void = () => {},
): Promise<Output> {
  const { signal } = new AbortController()
  return tool.run(tool.input.parse(input), { checkout: checkout.path, signal, report })
}

describe('search_code', () => {
  it('answers lines, counts by file, and a form that can be read back', async () => {
    const found = await use(searchCode, { pattern: 'Kettle', literal: true })
    expect(found).toMatchObject({ total: 4, complete: true, files: { 'src/kettle.ts': 1, 'src/main.ts': 2 } })
    expect(parseMatch(found.matches.find((match) => match.includes('class')) ?? '')).toEqual({
      file: 'src/kettle.ts',
      line: 1,
      text: 'export class Kettle {',
    })
  })

  it('finds nothing without calling that a failure, and says what is wrong with a pattern', async () => {
    expect(await use(searchCode, { pattern: 'teapot' })).toMatchObject({ total: 0, matches: [] })
    await expect(use(searchCode, { pattern: '(' })).rejects.toThrow(/unclosed group/)
  })

  it('takes a pattern that looks like an option for what it is', async () => {
    expect(await use(searchCode, { pattern: '--files' })).toMatchObject({ total: 0 })
  })

  it('does not look into hidden files', async () => {
    expect(await use(searchCode, { pattern: 'PASSWORD' })).toMatchObject({ total: 0 })
  })
})

describe('read_file', () => {
  it('reads a range of lines', async () => {
    expect(await use(readFile, { file: 'src/kettle.ts', first_line: 2, last_line: 3 })).toEqual({
      file: 'src/kettle.ts',
      total_lines: 4,
      first_line: 2,
      last_line: 3,
      text: '  boil() {}\n  stop() {}',
    })
  })

  it.each(['../outside', '/etc/hostname', '.git/config', '.env', 'src/../../x'])(
    'refuses %s',
    async (file) => {
      await expect(use(readFile, { file })).rejects.toThrow(/outside of the checkout|not for reading/)
    },
  )

  it('refuses a link that leads out of the checkout', async () => {
    symlinkSync('/etc/hostname', join(checkout.path, 'src/link.txt'))
    await expect(use(readFile, { file: 'src/link.txt' })).rejects.toThrow('outside of the checkout')
  })

  it('cuts lines that no reader would read', async () => {
    writeFileSync(join(checkout.path, 'src/data.json'), 'x'.repeat(100_000))
    expect((await use(readFile, { file: 'src/data.json' })).text).toBe(`${'x'.repeat(500)}…`)
  })

  it('refuses bytes that are no text', async () => {
    writeFileSync(join(checkout.path, 'src/picture.bin'), new Uint8Array([1, 0, 2]))
    await expect(use(readFile, { file: 'src/picture.bin' })).rejects.toThrow('not a text file')
  })
})

describe('list_files', () => {
  it('lists paths that contain a text, whatever its case', async () => {
    expect((await use(listFiles, { containing: 'KETTLE' })).files).toEqual([
      'src/kettle.ts',
      'test/kettle.test.mjs',
    ])
  })
})

describe('the git tools', () => {
  it('list commits, newest first, of all files or of one', async () => {
    const { commits } = await use(gitLog, {})
    expect(commits.map(({ subject, author }) => `${author}: ${subject}`)).toEqual([
      'Ada: Boil water',
      'Ada: Say what a kettle is',
    ])
    expect((await use(gitLog, { file: 'README.md' })).total).toBe(1)
  })

  it('show what a commit changed', async () => {
    const { files, patch } = await use(gitDiff, { commit: 'HEAD' })
    expect(files).toContain('src/kettle.ts')
    expect(patch).toContain('+export class Kettle {')
  })

  it('never show what is in files that hold secrets by convention, committed or not', async () => {
    const leaky = smallCheckout()
    try {
      const git = (...args: string[]): string =>
        execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
          cwd: leaky.path,
          encoding: 'utf8',
        })
      mkdirSync(join(leaky.path, 'src/.env.d'), { recursive: true })
      const secrets = ['.env', 'src/.env.local', 'src/.env.d/keys']
      for (const file of secrets) writeFileSync(join(leaky.path, file), 'PASSWORD=committed\n')
      writeFileSync(join(leaky.path, 'src/environment.ts'), 'export const port = 80\n')
      git('add', '--force', 'src', ...secrets)
      git('commit', '--message=Commit too much')
      for (const file of secrets) writeFileSync(join(leaky.path, file), 'PASSWORD=changed\n')
      writeFileSync(join(leaky.path, 'README.md'), '# Pot\n')
      writeFileSync(join(leaky.path, 'src/.env.more'), '')

      const run = (input: { commit?: string; file?: string }): Promise<unknown> => {
        const { signal } = new AbortController()
        return gitDiff.run(gitDiff.input.parse(input), { checkout: leaky.path, signal, report() {} })
      }
      const answers = await Promise.all([
        run({ commit: 'HEAD' }),
        run({ commit: 'HEAD', file: 'src' }),
        run({}),
        run({ file: 'src' }),
      ])
      expect(answers[0]).toMatchObject({ patch: expect.stringContaining('export const port') })
      expect(answers[1]).toMatchObject({ patch: expect.stringContaining('export const port') })
      expect(answers[2]).toMatchObject({ patch: expect.stringContaining('+# Pot') })
      expect(JSON.stringify(answers)).not.toMatch(/PASSWORD|\.env/)

      const contents = git('rev-parse', 'HEAD:.env').trim()
      await expect(run({ commit: contents })).rejects.toThrow()
    } finally {
      leaky.remove()
    }
  })

  it('refuse a revision that is an option', async () => {
    expect(gitDiff.input.safeParse({ commit: '--output=x' }).success).toBe(false)
  })

  it('say who changed a line', async () => {
    const { text } = await use(gitBlame, { file: 'src/kettle.ts', first_line: 1, last_line: 1 })
    expect(text).toMatch(/Ada .* export class Kettle \{/)
  })
})

describe('run_tests', () => {
  it('runs a test file and reports its output while it runs', async () => {
    const reports: unknown[] = []
    const result = await use(runTests, { file: 'test/kettle.test.mjs' }, (update) => reports.push(update))
    expect(result).toMatchObject({ passed: true, exit_code: 0 })
    expect(result.output).toContain('it boils')
    expect(reports.length).toBeGreaterThan(0)
  })

  it('tells a failure from a success', async () => {
    const result = await use(runTests, { file: 'test/broken.test.mjs' })
    expect(result).toMatchObject({ passed: false, exit_code: 1 })
    expect(result.output).toContain('leak')
  })

  it('accepts nothing but test files', () => {
    expect(runTests.input.safeParse({ file: 'src/main.ts' }).success).toBe(false)
  })
})
