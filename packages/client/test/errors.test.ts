import { expect, test } from 'vitest'
import { TaskClientError } from '../src/errors.ts'

test('is() knows the error, its code, and its twin of another build', () => {
  const error = new TaskClientError('network_error', 'gone')
  const twin = Object.assign(new Error('gone'), {
    code: 'network_error',
    [Symbol.for('outlast.TaskClientError')]: true,
  })
  expect(TaskClientError.is(error)).toBe(true)
  expect(TaskClientError.is(error, 'network_error')).toBe(true)
  expect(TaskClientError.is(error, 'task_not_found')).toBe(false)
  expect(TaskClientError.is(twin, 'network_error')).toBe(true)
  for (const other of [null, undefined, 7, 'network_error', new Error('x'), { code: 'network_error' }]) {
    expect(TaskClientError.is(other)).toBe(false)
  }
})

test.each([
  [undefined, true],
  [200, true],
  [400, false],
  [401, false],
  [404, false],
  [408, true],
  [409, false],
  [425, true],
  [429, true],
  [500, true],
  [503, true],
])('with status %s it may pass: %s', (status, transient) => {
  const error = new TaskClientError('x', 'x', status === undefined ? {} : { status })
  expect(error.transient).toBe(transient)
})
