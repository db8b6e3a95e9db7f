import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../scripts/lib/run.mjs'

const page = 'docs/concepts/guarantees.md'

/** A guarantee with the files that are said to prove it. */
interface Row {
  id: string
  files: readonly string[]
}

/** The rows of every table whose first column names a guarantee. */
function rowsOf(text: string): Row[] {
  return Array.from(text.matchAll(/^\| ([A-Z]\d+|scenario \d+) \|.*$/gm), ([line, id = '']) => ({
    id,
    files: Array.from(line.matchAll(/\]\(([^)]+)\)/g), ([, path = '']) => join(dirname(page), path)),
  }))
}

/** What is wrong with a row, a sentence each. */
function problemsOf({ id, files }: Row): string[] {
  if (files.length === 0) return [`${id} names no test`]
  return files.flatMap((file) => {
    if (!/\.test\.ts$/.test(file) || !existsSync(join(root, file))) return [`${id}: ${file} is no test`]
    return isProvedBy(id, readFileSync(join(root, file), 'utf8'))
      ? []
      : [`${id}: no test in ${file} names it`]
  })
}

/** Whether a title begins with row ids, this one among them: `L4, L5 · a stop…`. */
function isProvedBy(id: string, text: string): boolean {
  const titles = text.matchAll(/['"`]((?:[A-Z]\d+|scenario \d+)(?:, (?:[A-Z]\d+|scenario \d+))*) · /g)
  return Array.from(titles, ([, ids = '']) => ids.split(', ')).some((ids) => ids.includes(id))
}

describe('the page of guarantees', () => {
  const text = readFileSync(join(root, page), 'utf8')
  const rows = rowsOf(text)

  it('has each guarantee once', () => {
    const ids = rows.map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(25)
    expect(ids).toEqual([...new Set(ids)])
  })

  it('proves each by tests that exist and bear its name', () => {
    expect(rows.flatMap(problemsOf)).toEqual([])
  })

  it.each([
    ['| Z9 | holds | nothing |', ['Z9 names no test']],
    [
      '| Z9 | holds | [gone](../../packages/core/test/gone.test.ts) |',
      ['Z9: packages/core/test/gone.test.ts is no test'],
    ],
    [
      '| Z9 | holds | [other](../../packages/core/test/cap.test.ts) |',
      ['Z9: no test in packages/core/test/cap.test.ts names it'],
    ],
    ['| R6 | holds | [cap](../../packages/core/test/cap.test.ts) |', []],
  ])('is told apart from one that is wrong: %s', (line, problems) => {
    expect(rowsOf(line).flatMap(problemsOf)).toEqual(problems)
  })
})
