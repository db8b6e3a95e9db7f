import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { checkSnippets } from '../../test/docs-snippets/check-snippets.ts'
import { extractSnippets } from '../../test/docs-snippets/extract-snippets.ts'
import { root } from '../lib/run.mjs'

const { entry, guide, without = null } = JSON.parse(process.env.PEER ?? '{}')
const room = join(root, 'packages/client/test', basename(entry))

function problemsOf(files: readonly string[]): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: ['tsconfig.json'] }, ts.sys, root)
  // The declarations that users get are part of it: one that names what a version does not have would become `any`.
  const program = ts.createProgram(files, { ...options, skipLibCheck: false })
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, start = 0, messageText }) => {
      const line = file ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}: ` : ''
      return line + ts.flattenDiagnosticMessageText(messageText, '\n')
    })
    .filter((problem) => !/\/node_modules\/(?!@outlast\/)/.test(problem))
}

describe(`the types of ${entry}`, () => {
  it('are those that the type tests expect', () => {
    const files = readdirSync(room).filter((file) => file.endsWith('.test-d.ts'))
    expect(files).not.toEqual([])
    expect(problemsOf(files.map((file) => join(room, file)))).toEqual([])
  }, 120_000)

  it(`fit the snippets of ${guide}`, () => {
    const snippets = extractSnippets({ path: guide, text: readFileSync(join(root, guide), 'utf8') }).filter(
      ({ code }) => code.includes(`'${entry}'`) && (without === null || !code.includes(without)),
    )
    expect(snippets).not.toEqual([])
    expect(checkSnippets(snippets)).toEqual([])
    const [first] = snippets
    expect(checkSnippets(first ? [{ ...first, code: `${first.code}\nundeclared()` }] : [])).not.toEqual([])
  }, 120_000)
})
