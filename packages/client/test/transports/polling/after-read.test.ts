import { expect, test } from 'vitest'
import { TaskClientError } from '../../../src/errors.ts'
import { afterFailure, afterPage, type PageReadings } from '../../../src/transports/polling/after-read.ts'

const readings: PageReadings = {
  finished: false,
  upToDate: true,
  ledOn: true,
  isFollowed: false,
  pauseMs: 150,
}

test.each<[string, Partial<PageReadings>, object]>([
  ['the last of all', { finished: true, isFollowed: true }, { phase: 'done' }],
  ['the end of a log that is followed', { isFollowed: true }, { phase: 'following' }],
  ['the end of a log that is read', {}, { phase: 'waiting', delayMs: 150 }],
  ['the end again', { ledOn: false }, { phase: 'waiting', delayMs: 150 }],
  ['one that led on', { upToDate: false, isFollowed: true }, { phase: 'waiting', delayMs: 0 }],
  ['one that promises more', { upToDate: false, ledOn: false }, { phase: 'waiting', delayMs: 150 }],
])('after a page, %s, there is no error', (_, fields, next) => {
  expect(afterPage({ ...readings, ...fields })).toMatchObject({ ...next, error: null })
})

const errorOf = (status: number | null, retryAfter: number | null = null): TaskClientError =>
  new TaskClientError('network_error', 'x', { status, retryAfter })

test.each([
  ['what passes, first', errorOf(503), 0, { phase: 'waiting', delayMs: 500 }],
  ['what passes, again', errorOf(null), 3, { phase: 'waiting', delayMs: 4_000 }],
  ['a time to come back', errorOf(429, 60), 0, { phase: 'held', delayMs: 60_000 }],
  ['a refusal', errorOf(403), 0, { phase: 'failed' }],
])('after a failure, %s, the error is told', (_, error, failures, next) => {
  expect(afterFailure(error, failures, 0, 0.5)).toEqual({ ...next, error })
})

test('a void log is read anew unseen at first, and then with pauses, whatever failed besides', () => {
  const error = new TaskClientError('cursor_void', 'x', { status: 410 })
  expect(afterFailure(error, 9, 0, 0.5)).toEqual({ phase: 'reading' })
  expect(afterFailure(error, 9, 1, 0.5)).toEqual({ phase: 'waiting', delayMs: 1_000, error })
})
