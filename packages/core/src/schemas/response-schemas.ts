import * as z from 'zod'
import type {
  ActiveCancelAnswer,
  CancelAnswer,
  ErrorBody,
  EventPage,
  InputAnswer,
  RequestErrorCode,
  ServerStats,
  TaskCreated,
  TaskDeleted,
  TaskInfo,
  TaskListBody,
  TaskStatus,
  ToolCancelAnswer,
} from '../protocol/index.ts'

const count = z.int().min(0)
const seconds = z.number().min(0)
const milliseconds = z.number().min(0)

const status = z.enum([
  'pending',
  'running',
  'cancel_requested',
  'succeeded',
  'failed',
  'canceled',
]) satisfies z.ZodType<TaskStatus>

const outcome = z.enum(['requested', 'already_requested', 'finished'])

const taskFields = {
  task_id: z.string(),
  type: z.string(),
  status,
  created_at: seconds,
  started_at: seconds.nullable(),
  updated_at: seconds,
  finished_at: seconds.nullable(),
  elapsed_ms: milliseconds,
  workspace_id: z.string(),
  message: z.string().nullable(),
  summary: z.unknown(),
  conversation_id: z.string().nullable(),
  error: z.string().nullable(),
  error_code: z.string().nullable(),
  result: z.unknown(),
  progress: z.unknown(),
  queue_position: z.int().min(1).nullable(),
  attempt: count,
  stop: z.object({ reason: z.string(), actor: z.string(), at: seconds }).nullable(),
}

const taskInfo = z.object(taskFields)

const event = z.object({ idx: count, type: z.string(), data: z.unknown(), ts: seconds })

const eventPage = z.object({
  ...taskFields,
  events: z.array(event),
  next_offset: count,
  first_idx: count,
  epoch: z.string(),
  up_to_date: z.boolean(),
  truncated: z.boolean(),
  poll_interval_ms: milliseconds,
  viewer: z.string(),
  snapshot: z.object({ at: count, fold: z.string(), state: z.unknown() }).nullable(),
})

/** Every code that a request may be refused with, by its name: a new one that is not listed here is a type error. */
const errorCodes: Readonly<Record<RequestErrorCode, RequestErrorCode>> = {
  invalid_json: 'invalid_json',
  invalid_input: 'invalid_input',
  invalid_cursor: 'invalid_cursor',
  unauthenticated: 'unauthenticated',
  forbidden_origin: 'forbidden_origin',
  task_not_found: 'task_not_found',
  route_not_found: 'route_not_found',
  input_not_found: 'input_not_found',
  tool_not_found: 'tool_not_found',
  method_not_allowed: 'method_not_allowed',
  task_already_running: 'task_already_running',
  task_not_finished: 'task_not_finished',
  input_closed: 'input_closed',
  cursor_void: 'cursor_void',
  body_too_large: 'body_too_large',
  too_deep: 'too_deep',
  unsupported_media_type: 'unsupported_media_type',
  idempotency_mismatch: 'idempotency_mismatch',
  rate_limited: 'rate_limited',
  quota_reached: 'quota_reached',
  queue_full: 'queue_full',
  shutting_down: 'shutting_down',
  store_unavailable: 'store_unavailable',
  internal_error: 'internal_error',
}

/** What the routes answer with, by name; of a success the `data`, except for the list and the error. */
export interface ResponseSchemas {
  TaskInfo: z.ZodType<TaskInfo>
  EventPage: z.ZodType<EventPage>
  TaskList: z.ZodType<TaskListBody>
  TaskCreated: z.ZodType<TaskCreated>
  CancelAnswer: z.ZodType<CancelAnswer>
  ActiveCancelAnswer: z.ZodType<ActiveCancelAnswer>
  ToolCancelAnswer: z.ZodType<ToolCancelAnswer>
  InputAnswer: z.ZodType<InputAnswer>
  TaskDeleted: z.ZodType<TaskDeleted>
  ServerStats: z.ZodType<ServerStats>
  ErrorBody: z.ZodType<ErrorBody>
}

/** Schemas of what the routes answer with: for documents made of them, and for tests of a server. */
export const responseSchemas: ResponseSchemas = {
  TaskInfo: taskInfo,
  EventPage: eventPage,
  TaskList: z.object({
    success: z.literal(true),
    data: z.array(taskInfo),
    next_cursor: z.string().nullable(),
    viewer: z.string(),
  }),
  TaskCreated: z.object({
    task_id: z.string(),
    status,
    created_at: seconds,
    conversation_id: z.string().nullable(),
    attached: z.literal(true).exactOptional(),
    repeated: z.literal(true).exactOptional(),
    queue_position: z.int().min(1).exactOptional(),
  }),
  CancelAnswer: z.object({ task_id: z.string(), status, outcome }),
  ActiveCancelAnswer: z.object({ task_id: z.string().nullable(), status: status.nullable(), outcome }),
  ToolCancelAnswer: z.object({ task_id: z.string(), tool_id: z.string(), status, outcome }),
  InputAnswer: z.object({
    task_id: z.string(),
    id: z.string(),
    status,
    outcome: z.enum(['accepted', 'already_answered']),
  }),
  TaskDeleted: z.object({ task_id: z.string() }),
  ServerStats: z.object({
    at: seconds,
    by_status: z.record(status, count),
    durations_ms: z.record(
      z.string(),
      z.object({ count, p50: milliseconds.nullable(), p95: milliseconds.nullable() }),
    ),
    running: count,
    queued: count.nullable(),
    watchers: count,
    connections: count,
    buffered_bytes: count,
    events_written: count,
    memory: z.object({ rss_bytes: count, heap_used_bytes: count, external_bytes: count }),
  }),
  ErrorBody: z.object({
    success: z.literal(false),
    error: z.string(),
    code: z.enum(errorCodes),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).exactOptional(),
    task: z.object({ task_id: z.string(), status, next_offset: count }).exactOptional(),
  }),
}
