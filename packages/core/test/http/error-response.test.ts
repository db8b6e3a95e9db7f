import { describe, expect, it } from 'vitest'
import { errorResponse } from '../../src/http/index.ts'
import { TaskError } from '../../src/index.ts'
import type { RequestErrorCode } from '../../src/protocol/index.ts'

describe('the answer to a failure', () => {
  it('has the code’s status, the sentence and the issues', () => {
    const issues = [{ path: 'a', message: 'must be b' }]
    const { status, body } = errorResponse(new TaskError('invalid_input', 'Wrong.', { issues }))
    expect(status).toBe(400)
    expect(JSON.parse(String(body))).toEqual({
      success: false,
      error: 'Wrong.',
      code: 'invalid_input',
      issues,
    })
  })

  it('tells nothing of a failure that is the server’s own', () => {
    const secret = new Error('password=hunter2')
    const answers = [secret, 'text', null, new TaskError('lease_lost', 'hunter2', { cause: secret })].map(
      (error) => errorResponse(error),
    )
    for (const { status, body } of answers) {
      expect(status).toBe(500)
      expect(JSON.parse(String(body))).toMatchObject({ success: false, code: 'internal_error' })
      expect(body).not.toContain('hunter2')
    }
  })

  it.each<[RequestErrorCode, number]>([
    ['unauthenticated', 401],
    ['forbidden_origin', 403],
    ['route_not_found', 404],
    ['method_not_allowed', 405],
    ['task_already_running', 409],
    ['cursor_void', 410],
    ['too_deep', 413],
    ['unsupported_media_type', 415],
    ['idempotency_mismatch', 422],
    ['queue_full', 429],
    ['shutting_down', 503],
    ['store_unavailable', 503],
  ])('to %s has the status %i', (code, status) => {
    expect(errorResponse(new TaskError(code, 'A sentence.')).status).toBe(status)
  })

  it('says when to come back', () => {
    const headersOf = (error: TaskError) => errorResponse(error).headers['retry-after']
    expect(headersOf(new TaskError('queue_full', 'Full.', { retryAfter: 4.2 }))).toBe('5')
    expect(headersOf(new TaskError('store_unavailable', 'Away.'))).toBe('1')
    expect(headersOf(new TaskError('invalid_json', 'Wrong.'))).toBeUndefined()
  })
})
