import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { runTransitions } from '../../src/run/run-phase.ts'

it('documents the transitions of a run as they are', () => {
  const page = readFileSync(new URL('../../../../docs/concepts/stopping.md', import.meta.url), 'utf8')
  const rows = Array.from(
    page.matchAll(/^\| `(\w+)`: .* \| `(\w+)` \| `(\w+)` \| `(\w+)` \| `(\w+)` \|$/gm),
    ([, phase, stop, fault, drain, lost]) => [phase, { stop, fault, drain, lost }],
  )
  const table = Object.entries(runTransitions).map(([phase, { stop, fault, drain, lost }]) => [
    phase,
    { stop, fault, drain, lost },
  ])
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(table))
})
