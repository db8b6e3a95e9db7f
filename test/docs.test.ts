import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** Members of every string union named `…Code` in a source file. */
function codesIn(path: string): string[] {
  const unions = read(path).matchAll(/export type \w+Code =([\s\S]*?)(?:\n\n|$)/g)
  return Array.from(unions, ([, members = '']) =>
    Array.from(members.matchAll(/'(\w+)'/g), ([, code]) => code ?? ''),
  ).flat()
}

it('explains every error code under a heading of its own, and no other', () => {
  const codes = [
    ...codesIn('packages/core/src/protocol/error-body.ts'),
    ...codesIn('packages/core/src/errors.ts'),
  ]
  expect(codes.length).toBeGreaterThan(30)
  const headings = Array.from(read('docs/errors.md').matchAll(/^### (\w+)$/gm), ([, heading]) => heading)
  expect(headings.sort()).toEqual([...codes].sort())
})
