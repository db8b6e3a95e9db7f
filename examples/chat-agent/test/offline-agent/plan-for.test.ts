import { describe, expect, it } from 'vitest'
import { planFor } from '../../server/offline-agent/skills/index.ts'

describe('planFor', () => {
  it.each([
    ['hello', /greeting/],
    ['What can you do?', /greeting/],
    ['Run the slow tests', /tests to be run: .*`slow`/],
    ['please run packages/core/test/a.test.ts tests', /`packages\/core\/test\/a.test.ts`/],
    ['type-check packages/core', /TypeScript to check `packages\/core`/],
    ['run tsc', /TypeScript to check the project/],
    ['What changed recently?', /what happened lately/],
    ['what is not committed?', /changed and not committed/],
    ['who wrote package.json?', /who changed `package.json`/],
    ['show README.md', /the file `README.md`/],
    ['explain docs/errors.md', /`docs\/errors.md`. To put it into other words takes a language model/],
    ['read .env', /the file `.env`/],
    ['read `src/a.ts:10-20`', /the file `src\/a.ts`/],
    ['find cancel_requested', /where `cancel_requested` is/],
    ['Where is TaskManager defined?', /where `TaskManager` is/],
    ['find "two words"', /where `two words` is/],
    ['How does a stop reach a running tool?', /its words: `stop`, `reach`, `running`, `tool`/],
    ['where do the leases get renewed', /its words: `leases`, `renewed`/],
    ['???', /no word in this/],
    ['为什么', /its words: `为什么`/],
  ])('understands "%s"', (request, understood) => {
    const plan = planFor(request)
    expect(plan.understood).toMatch(understood)
    expect(plan.steps.length).toBeGreaterThan(0)
  })
})
