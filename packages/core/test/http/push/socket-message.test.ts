import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TaskError } from '../../../src/errors.ts'
import { parseSocketMessage } from '../../../src/http/push/socket-message.ts'

function parse(message: unknown): unknown {
  return parseSocketMessage(Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)))
}

function codeOf(message: unknown): string {
  try {
    parse(message)
  } catch (error) {
    if (TaskError.is(error)) return error.code
    throw error
  }
  return 'none'
}

describe('a message of a client', () => {
  it('is read with its defaults', () => {
    expect(parse({ op: 'subscribe', task_id: 'a' })).toEqual({
      op: 'subscribe',
      taskId: 'a',
      from: 0,
      epoch: null,
      folds: null,
    })
    expect(parse({ op: 'subscribe', task_id: '*', from: null, epoch: null, fold: null })).toMatchObject({
      taskId: '*',
      from: 0,
    })
    expect(parse({ op: 'subscribe', task_id: 'a', from: 7, epoch: 'e', fold: 'blocks@1,mine' })).toEqual({
      op: 'subscribe',
      taskId: 'a',
      from: 7,
      epoch: 'e',
      folds: ['blocks@1', 'mine'],
    })
    expect(parse({ op: 'unsubscribe', task_id: 'a' })).toEqual({ op: 'unsubscribe', taskId: 'a' })
    expect(parse({ op: 'ping' })).toEqual({ op: 'ping' })
    expect(parse({ op: 'auth', token: 't' })).toEqual({ op: 'auth', token: 't' })
    expect(parse({ op: 'ack', bytes: 0 })).toEqual({ op: 'ack', bytes: 0 })
  })

  it.each([
    ['', 'invalid_json'],
    ['{', 'invalid_json'],
    ['[]', 'invalid_input'],
    ['null', 'invalid_input'],
    ['7', 'invalid_input'],
    ['{}', 'invalid_input'],
    ['{"op":"__proto__"}', 'invalid_input'],
    ['{"op":"constructor"}', 'invalid_input'],
    ['{"op":"ping","extra":1}', 'invalid_input'],
    ['{"op":"subscribe"}', 'invalid_input'],
    ['{"op":"subscribe","task_id":""}', 'invalid_input'],
    ['{"__proto__":{"task_id":"a"},"op":"unsubscribe"}', 'invalid_input'],
    ['{"op":"subscribe","task_id":"a","from":-1}', 'invalid_cursor'],
    ['{"op":"subscribe","task_id":"a","from":1.5}', 'invalid_cursor'],
    ['{"op":"subscribe","task_id":"a","from":"1"}', 'invalid_cursor'],
    ['{"op":"subscribe","task_id":"a","from":1e300}', 'invalid_cursor'],
    ['{"op":"subscribe","task_id":"a","fold":"a b"}', 'invalid_input'],
    ['{"op":"ack","bytes":-1}', 'invalid_input'],
    ['{"op":"auth","token":{}}', 'invalid_input'],
    [`{"op":"subscribe","task_id":"${'a'.repeat(257)}"}`, 'invalid_input'],
    [`{"op":"auth","token":"${'a'.repeat(16_384)}"}`, 'body_too_large'],
    [`${'['.repeat(8_000)}${']'.repeat(8_000)}`, 'too_deep'],
  ])('is refused: %s', (message, code) => {
    expect(codeOf(message)).toBe(code)
  })

  it('is refused when it is not UTF-8', () => {
    expect(() => parseSocketMessage(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
      expect.objectContaining({ code: 'invalid_json' }),
    )
  })

  it('never does anything but come out or be refused', () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom('a', '*', 0, 1, -1, null))
    const nearly = fc.record(
      {
        op: fc.oneof(fc.constantFrom('subscribe', 'unsubscribe', 'ping', 'auth', 'ack'), fc.jsonValue()),
        task_id: field,
        from: field,
        epoch: field,
        fold: field,
        token: field,
        bytes: field,
      },
      { requiredKeys: ['op'] },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string().map((text) => Buffer.from(text)),
          nearly.map((message) => Buffer.from(JSON.stringify(message))),
        ),
        (bytes) => {
          try {
            expect(parseSocketMessage(bytes)).toHaveProperty('op')
          } catch (error) {
            expect(TaskError.is(error)).toBe(true)
          }
        },
      ),
      { numRuns: 3_000 },
    )
  })
})
