import { TaskClientError } from '@outlast/client'
import { expect, it } from 'vitest'
import { sendProblem, stopProblem } from '../../web/src/problems.ts'

const refused = (code: string, message: string, status: number) =>
  new TaskClientError(code, message, { status })

it('tells sizes in units of people', () => {
  const sentence = 'The body has more than 10485760 bytes. Send a smaller one.'
  expect(sendProblem(refused('body_too_large', sentence, 413))).toBe(
    'Your message is too long. The body has more than 10 MB. Send a smaller one.',
  )
})

it('tells which field was refused', () => {
  const issues = [{ path: 'message', message: 'must have at most 1,000,000 characters' }]
  expect(sendProblem(new TaskClientError('invalid_input', 'No.', { status: 422, issues }))).toBe(
    'Your message was not taken: message must have at most 1,000,000 characters.',
  )
})

it('tells a forgotten answer from a server that is away', () => {
  expect(
    stopProblem(refused('task_not_found', 'There is no such task. List the tasks to see yours.', 404)),
  ).toBe('There is nothing left to stop: the server no longer knows this answer.')
  expect(stopProblem(new TaskClientError('network_error', 'fetch failed'))).toBe(
    'The stop did not reach the server, so the answer may go on. The server cannot be reached.',
  )
})
