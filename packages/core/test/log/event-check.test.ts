import { expect, it } from 'vitest'
import * as z from 'zod'
import { TaskError } from '../../src/index.ts'
import { checkEvent } from '../../src/log/index.ts'

const rows = z.object({ rows: z.array(z.object({ number: z.number({ error: 'must be a number' }) })) })
const schemas = { x_table: rows, x_pair: z.object({}, { error: 'must be an object' }) }

it('names the first thing that does not fit, and all of them as issues', () => {
  const refused = (type: string, data: unknown): unknown => {
    try {
      return checkEvent(type, data, schemas)
    } catch (error) {
      return TaskError.is(error, 'invalid_event') ? { message: error.message, issues: error.issues } : error
    }
  }
  expect(refused('x_table', { rows: [{ number: 1 }, { number: 'two' }, {}] })).toEqual({
    message: '"x_table" does not fit its schema at `rows.1.number`: must be a number.',
    issues: [
      { path: 'rows.1.number', message: 'must be a number' },
      { path: 'rows.2.number', message: 'must be a number' },
    ],
  })
  expect(refused('x_pair', 7)).toMatchObject({
    message: '"x_pair" does not fit its schema: must be an object.',
  })
  expect(refused('x_table', { rows: [] })).toEqual({ rows: [] })
})
