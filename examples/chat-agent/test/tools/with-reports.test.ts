import { expect, it } from 'vitest'
import { withReports } from '../../server/tools/index.ts'

async function gathered(values: AsyncGenerator<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const value of values) all.push(value)
  return all
}

it('yields what is reported, then the result', async () => {
  const values = withReports(async (report) => {
    report({ result: 'one' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    report({ message: 'no result' })
    report({ result: 'skipped by a reader that was slower' })
    report({ result: 'two' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    return 'done'
  })
  expect(await gathered(values)).toEqual(['one', 'two', 'done'])
})

it('throws what the function throws', async () => {
  const values = withReports(async () => {
    throw new Error('broken')
  })
  await expect(gathered(values)).rejects.toThrow('broken')
})
