import { TaskError } from '../errors.ts'
import type { Query } from './parse-query.ts'
import type { RequestHeaders } from './task-request.ts'

/**
 * The one value of a query parameter, or `null` when it is not there.
 *
 * @throws TaskError `invalid_input` when it is given more than once
 */
export function readText(query: Query, name: string, maxLength = 256): string | null {
  const values = query.get(name)
  if (values === undefined) return null
  if (values.length > 1) throw invalidParameter(name, 'must be given only once')
  const [value = ''] = values
  if (value.length > maxLength) {
    throw invalidParameter(name, `must have at most ${maxLength} characters`)
  }
  return value
}

/**
 * A query parameter that is a whole number of at least `min`, or `null` when it is not there.
 *
 * @throws TaskError `invalid_input`
 */
export function readInteger(query: Query, name: string, min: number): number | null {
  const text = readText(query, name)
  if (text === null) return null
  const value = parseWholeNumber(text)
  if (value === null || value < min) throw invalidParameter(name, `must be a whole number of at least ${min}`)
  return value
}

/**
 * The cursor of a read; 0 when there is none.
 *
 * @throws TaskError `invalid_cursor`
 */
export function readCursor(query: Query): number {
  const values = query.get('from')
  if (values === undefined) return 0
  const cursor = parseWholeNumber(values[0] ?? '')
  if (cursor === null || values.length > 1) {
    throw new TaskError(
      'invalid_cursor',
      '"from" must be one whole number of at least 0. Pass the next_offset of the last answer, or 0 to begin.',
    )
  }
  return cursor
}

/**
 * How long a read may wait, in milliseconds: `wait_ms`, else the seconds of `Prefer: wait=N`, else 0.
 *
 * @throws TaskError `invalid_input`
 */
export function readWait(query: Query, headers: RequestHeaders): number {
  const wanted = readInteger(query, 'wait_ms', 0)
  if (wanted !== null) return wanted
  const preferences = headers.get('prefer')
  if (preferences === null) return 0
  // A preference that cannot be read is to be ignored (RFC 7240).
  const preferred = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})/i.exec(preferences)
  return Number(preferred?.[1] ?? 0) * 1_000
}

/** The refusal of one query parameter. */
export function invalidParameter(name: string, message: string): TaskError {
  return new TaskError('invalid_input', `The query parameter "${name}" ${message}.`, {
    issues: [{ path: name, message }],
  })
}

function parseWholeNumber(text: string): number | null {
  if (!/^\d{1,16}$/.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : null
}
