import {
  type BuiltinEventType,
  type BuiltinTaskEvent,
  type CancelAnswer,
  type CancelOutcome,
  checkEventData,
  type defaultBasePath,
  type ErrorBody,
  type EventPage,
  type FinalStatus,
  type InputOutcome,
  isBuiltinEventType,
  isEventType,
  isFinalStatus,
  type ManagerEventType,
  type ProgressData,
  type RequestErrorCode,
  routes,
  type SnapshotFrame,
  type StopInfo,
  type SuccessBody,
  type TaskCreated,
  type TaskEvent,
  type TaskEventData,
  type TaskInfo,
  type TaskListBody,
  type TaskStatus,
  type ToolStatus,
} from '@outlast/core/protocol'
import { expectTypeOf, test } from 'vitest'

test('a status is one of six, and three of them are final', () => {
  expectTypeOf<TaskStatus>().toEqualTypeOf<
    'pending' | 'running' | 'cancel_requested' | 'succeeded' | 'failed' | 'canceled'
  >()
  expectTypeOf<FinalStatus>().toEqualTypeOf<'succeeded' | 'failed' | 'canceled'>()
  const status = 'running' as TaskStatus
  if (isFinalStatus(status)) expectTypeOf(status).toEqualTypeOf<FinalStatus>()
  else expectTypeOf(status).toEqualTypeOf<'pending' | 'running' | 'cancel_requested'>()
  expectTypeOf<ToolStatus>().toEqualTypeOf<'preparing' | 'running' | 'completed' | 'failed' | 'canceled'>()
  expectTypeOf<InputOutcome>().toEqualTypeOf<'answered' | 'canceled' | 'expired'>()
  expectTypeOf<CancelOutcome>().toEqualTypeOf<'requested' | 'already_requested' | 'finished'>()
})

test('every built-in event is known, and no other', () => {
  const events: Record<BuiltinEventType, true> = {
    ai_message_start: true,
    thinking_start: true,
    thinking_chunk: true,
    thinking_end: true,
    text_start: true,
    text_chunk: true,
    text_end: true,
    tool_intent: true,
    tool_preparing: true,
    tool_start: true,
    update_action: true,
    append_payload: true,
    modify_payload: true,
    source: true,
    file: true,
    progress: true,
    token_update: true,
    conversation_resolved: true,
    input_request: true,
    input_response: true,
    error: true,
    attempt_reset: true,
    task_complete: true,
  }
  void events
  expectTypeOf<ManagerEventType>().toEqualTypeOf<
    'attempt_reset' | 'input_request' | 'input_response' | 'task_complete'
  >()
  expectTypeOf<ManagerEventType>().toExtend<BuiltinEventType>()
})

test('the type of a built-in event says what its data is', () => {
  const event = {} as BuiltinTaskEvent
  if (event.type === 'text_chunk') {
    expectTypeOf(event.data).toEqualTypeOf<{ id?: string | null | undefined; content: string }>()
  }
  if (event.type === 'task_complete') expectTypeOf(event.data.status).toEqualTypeOf<FinalStatus>()
  if (event.type === 'progress') expectTypeOf(event.data).toEqualTypeOf<ProgressData>()
  expectTypeOf<TaskEventData['tool_start']>().toEqualTypeOf<{
    id: string
    name: string
    arguments?: unknown
  }>()
  // What is built in is an event of a log, not every event of a log is built in.
  expectTypeOf<BuiltinTaskEvent>().toExtend<TaskEvent>()
  expectTypeOf<TaskEvent>().not.toExtend<BuiltinTaskEvent>()
  expectTypeOf<TaskEvent>().toEqualTypeOf<{ idx: number; type: string; data: unknown; ts: number }>()
})

test('guards narrow what came over the wire', () => {
  const type = 'x' as string
  if (isBuiltinEventType(type)) expectTypeOf(type).toEqualTypeOf<BuiltinEventType>()
  expectTypeOf(isEventType(type)).toEqualTypeOf<boolean>()
  expectTypeOf(checkEventData(type, null)).toEqualTypeOf<string | null>()
})

test('a task on the wire has every field, null where it has no value', () => {
  expectTypeOf<TaskInfo>().toEqualTypeOf<{
    task_id: string
    type: string
    status: TaskStatus
    created_at: number
    started_at: number | null
    updated_at: number
    finished_at: number | null
    elapsed_ms: number
    workspace_id: string
    message: string | null
    summary: unknown
    conversation_id: string | null
    error: string | null
    error_code: string | null
    result: unknown
    progress: unknown
    queue_position: number | null
    attempt: number
    stop: StopInfo | null
  }>()
  expectTypeOf<StopInfo>().toEqualTypeOf<{ reason: string; actor: string; at: number }>()
})

test('a page is the task and its log', () => {
  expectTypeOf<Omit<EventPage, keyof TaskInfo>>().toEqualTypeOf<{
    events: readonly TaskEvent[]
    next_offset: number
    first_idx: number
    epoch: string
    up_to_date: boolean
    truncated: boolean
    poll_interval_ms: number
    viewer: string
    snapshot: SnapshotFrame | null
  }>()
  expectTypeOf<EventPage>().toExtend<TaskInfo>()
  expectTypeOf<SnapshotFrame>().toEqualTypeOf<{ at: number; fold: string; state: unknown }>()
  expectTypeOf<TaskListBody['data']>().toEqualTypeOf<readonly TaskInfo[]>()
  expectTypeOf<TaskListBody['next_cursor']>().toEqualTypeOf<string | null>()
})

test('success tells an answer from a refusal', () => {
  const body = {} as SuccessBody<TaskCreated> | ErrorBody
  if (body.success) expectTypeOf(body.data).toEqualTypeOf<TaskCreated>()
  else expectTypeOf(body.code).toEqualTypeOf<RequestErrorCode>()
  expectTypeOf<CancelAnswer>().toEqualTypeOf<{
    task_id: string
    status: TaskStatus
    outcome: CancelOutcome
  }>()
})

test('paths are texts', () => {
  expectTypeOf<typeof defaultBasePath>().toEqualTypeOf<'/api/tasks'>()
  expectTypeOf(routes.collection).toEqualTypeOf<string>()
  expectTypeOf(routes.task).toEqualTypeOf<(taskId: string) => string>()
  expectTypeOf(routes.cancel).toEqualTypeOf<(taskId: string) => string>()
})
