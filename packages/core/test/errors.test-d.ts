import { type ApiErrorCode, TaskError, type TaskErrorCode } from '@outlast/core'
import type { InputIssue, RequestErrorCode, TaskEndCode } from '@outlast/core/protocol'
import { expectTypeOf, test } from 'vitest'

test('every code is known, and no other', () => {
  expectTypeOf<TaskErrorCode>().toEqualTypeOf<RequestErrorCode | TaskEndCode | ApiErrorCode>()
  const codes: Record<TaskErrorCode, true> = {
    invalid_json: true,
    invalid_input: true,
    invalid_cursor: true,
    unauthenticated: true,
    forbidden_origin: true,
    task_not_found: true,
    route_not_found: true,
    input_not_found: true,
    tool_not_found: true,
    method_not_allowed: true,
    task_already_running: true,
    task_not_finished: true,
    input_closed: true,
    cursor_void: true,
    body_too_large: true,
    too_deep: true,
    unsupported_media_type: true,
    idempotency_mismatch: true,
    rate_limited: true,
    quota_reached: true,
    queue_full: true,
    shutting_down: true,
    store_unavailable: true,
    internal_error: true,
    interrupted: true,
    timeout: true,
    shutdown: true,
    buffer_full: true,
    invalid_result: true,
    runner_error: true,
    invalid_event: true,
    unknown_task_type: true,
    invalid_checkpoint: true,
    invalid_definition: true,
    lease_lost: true,
    task_stopped: true,
  }
  void codes
})

test('an error is made of a known code and a sentence', () => {
  const issues: readonly InputIssue[] = [{ path: 'pages', message: 'must be a number' }]
  const error = new TaskError('invalid_input', 'No.', { cause: 1, issues, taskId: 't1', retryAfter: 1 })
  expectTypeOf(error).toExtend<Error>()
  expectTypeOf(error.code).toEqualTypeOf<TaskErrorCode>()
  expectTypeOf(error.issues).toEqualTypeOf<readonly InputIssue[] | null>()
  expectTypeOf(error.taskId).toEqualTypeOf<string | null>()
  expectTypeOf(error.retryAfter).toEqualTypeOf<number | null>()
  // @ts-expect-error no such code
  void new TaskError('not_found', 'No.')
  // @ts-expect-error a code without a sentence helps nobody
  void new TaskError('invalid_input')
})

test('the test for an error narrows whatever was caught', () => {
  const caught: unknown = null
  if (TaskError.is(caught)) expectTypeOf(caught).toEqualTypeOf<TaskError>()
  if (TaskError.is(caught, 'queue_full')) expectTypeOf(caught.code).toEqualTypeOf<TaskErrorCode>()
  // @ts-expect-error no such code
  TaskError.is(caught, 'not_found')
})
