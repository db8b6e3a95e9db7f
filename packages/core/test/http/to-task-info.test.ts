import { describe, expect, it } from 'vitest'
import { toTaskInfo } from '../../src/http/index.ts'
import { recordWith } from './records.ts'

describe('a task on the wire', () => {
  it('has float seconds, elapsed milliseconds, and null for what it has not', () => {
    expect(toTaskInfo(recordWith(), 13_000)).toEqual({
      task_id: 't1',
      type: 'chat',
      status: 'running',
      created_at: 9.5,
      started_at: 10,
      updated_at: 12.345,
      finished_at: null,
      elapsed_ms: 3_000,
      workspace_id: 'w1',
      message: 'hello',
      summary: { message: 'hello', mode: 'fast' },
      conversation_id: 'c1',
      error: null,
      error_code: null,
      result: null,
      progress: null,
      queue_position: null,
      attempt: 1,
      stop: null,
    })
  })

  it('has parsed what was stored as text', () => {
    const stop = { reason: 'enough', actor: 'alice', at: 11.5 }
    const record = recordWith({
      status: 'failed',
      finishedAt: 15_250,
      progress: '{"done":1,"total":2}',
      result: '[1]',
      error: '{"message":"it broke","code":"runner_error"}',
      stop,
    })
    expect(toTaskInfo(record, 99_000)).toMatchObject({
      finished_at: 15.25,
      elapsed_ms: 5_250,
      progress: { done: 1, total: 2 },
      result: [1],
      error: 'it broke',
      error_code: 'runner_error',
      stop,
    })
  })

  it('has not begun to count before its start, nor counts backwards', () => {
    expect(toTaskInfo(recordWith({ status: 'pending', startedAt: null }), 13_000).elapsed_ms).toBe(0)
    expect(toTaskInfo(recordWith(), 9_000).elapsed_ms).toBe(0)
  })

  it('has a message only if its summary has one in text', () => {
    for (const summary of ['{}', '{"message":5}', 'null', '"message"']) {
      expect(toTaskInfo(recordWith({ summary }), 0).message).toBeNull()
    }
  })
})
