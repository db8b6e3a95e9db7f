import type { RequestErrorCode } from '../protocol/index.ts'
import type { JsonSchema, RequestSchemas, ResponseSchemas } from '../schemas/index.ts'

/** A route as the OpenAPI document tells of it. */
export interface Operation {
  summary: string
  /** Those that do not stand in the path. */
  parameters?: readonly { name: string; at: 'query' | 'header'; description: string; schema: JsonSchema }[]
  body?: { required: boolean; schema: keyof RequestSchemas | 'TaskInput' }
  /** By status; `content` names the schema of `data`, or of the whole answer of a list. */
  answers: Readonly<
    Record<string, { description: string; content?: keyof ResponseSchemas | 'stream' | 'OpenApi' }>
  >
  /** Codes by status, beside those that every route has. */
  errors: Readonly<Record<string, readonly RequestErrorCode[]>>
}

const text: JsonSchema = { type: 'string' }
const whole: JsonSchema = { type: 'integer', minimum: 0 }
const positive: JsonSchema = { type: 'integer', minimum: 1 }

const query = (name: string, schema: JsonSchema, description: string) =>
  ({ name, at: 'query', description, schema }) as const
const header = (name: string, description: string) =>
  ({ name, at: 'header', description, schema: text }) as const

const ofAll = {
  '401': ['unauthenticated'],
  '429': ['rate_limited'],
  '500': ['internal_error'],
  '503': ['store_unavailable'],
} as const satisfies Operation['errors']
const ofBodies = {
  '400': ['invalid_json', 'invalid_input'],
  '413': ['body_too_large', 'too_deep'],
  '415': ['unsupported_media_type'],
} as const satisfies Operation['errors']
const ofTask = { '404': ['task_not_found'] } as const satisfies Operation['errors']
const ofWrites = { '403': ['forbidden_origin'] } as const satisfies Operation['errors']

const cursor = [
  query('from', whole, 'The cursor: the first idx wanted. 0 by default.'),
  query('epoch', text, "The cursor's epoch: another one is refused as void."),
  query('snapshot', text, 'Folds that the client can go on from, separated by commas, such as blocks@1.'),
] as const

/** Every route, by path and method as in the table of routes. */
export const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/': {
    GET: {
      summary: 'Own tasks, newest first.',
      parameters: [
        query('status', text, 'One status, several separated by commas, or `active`.'),
        query('workspace_id', text, 'Tasks of this workspace only.'),
        query('conversation_id', text, 'Tasks of this conversation only.'),
        query('limit', positive, 'Tasks in the page. 50 by default.'),
        query('cursor', text, 'The `next_cursor` of the page before.'),
      ],
      answers: { '200': { description: 'A page of tasks.', content: 'TaskList' } },
      errors: { ...ofAll, '400': ['invalid_input'] },
    },
    POST: {
      summary: 'Creates a task.',
      parameters: [header('Idempotency-Key', 'Makes the create repeatable for 24 hours.')],
      body: { required: true, schema: 'TaskInput' },
      answers: {
        '200': { description: 'The task that was there already.', content: 'TaskCreated' },
        '202': { description: 'The task was created; Location says where.', content: 'TaskCreated' },
      },
      errors: {
        ...ofAll,
        ...ofBodies,
        ...ofWrites,
        ...ofTask,
        '409': ['task_already_running'],
        '422': ['idempotency_mismatch'],
        '429': ['rate_limited', 'quota_reached', 'queue_full'],
        '503': ['shutting_down', 'store_unavailable'],
      },
    },
  },
  '/cancel': {
    POST: {
      summary: 'Stops the active task of a workspace, or the named one only if it is of that workspace.',
      body: { required: false, schema: 'ActiveCancelRequest' },
      answers: { '200': { description: 'What became of the wish.', content: 'ActiveCancelAnswer' } },
      errors: { ...ofAll, ...ofBodies, ...ofWrites },
    },
  },
  '/stats': {
    GET: {
      summary: 'Counts and sizes, for whom the server calls an admin.',
      answers: { '200': { description: 'Counts and sizes.', content: 'ServerStats' } },
      errors: { ...ofAll, '404': ['route_not_found'] },
    },
  },
  '/openapi.json': {
    GET: {
      summary: 'This document.',
      answers: { '200': { description: 'An OpenAPI 3.1 document.', content: 'OpenApi' } },
      errors: ofAll,
    },
  },
  '/:id': {
    GET: {
      summary: 'The task and its log from a cursor on, at once or as a long-poll.',
      parameters: [
        ...cursor,
        query('limit', positive, 'Events in the page.'),
        query('max_bytes', positive, 'Bytes of events in the page.'),
        query('wait_ms', whole, 'How long to wait for news, in milliseconds.'),
        header('Prefer', 'wait=SECONDS, instead of wait_ms.'),
        header('If-None-Match', 'The ETag of the answer before.'),
      ],
      answers: {
        '200': { description: 'The task and its events.', content: 'EventPage' },
        '304': { description: 'Nothing new.' },
      },
      errors: { ...ofAll, ...ofTask, '400': ['invalid_cursor', 'invalid_input'], '410': ['cursor_void'] },
    },
    DELETE: {
      summary: 'Removes a finished task and its log.',
      answers: { '200': { description: 'The task is gone.', content: 'TaskDeleted' } },
      errors: { ...ofAll, ...ofTask, ...ofWrites, '409': ['task_not_finished'] },
    },
  },
  '/:id/events': {
    GET: {
      summary: 'The task and its log from a cursor on as an event stream.',
      parameters: [...cursor, header('Last-Event-ID', 'Where the last connection ended; wins over from.')],
      answers: {
        '200': { description: 'Frames as PROTOCOL.md describes them.', content: 'stream' },
        '204': { description: 'A reconnect after the end: do not come back.' },
      },
      errors: { ...ofAll, ...ofTask, ...ofWrites, '400': ['invalid_cursor', 'invalid_input'] },
    },
  },
  '/:id/durable': {
    GET: {
      summary: 'The log as a read-only stream of the Durable Streams protocol, in JSON mode.',
      parameters: [
        query('offset', text, 'Where to begin: an offset of an answer before, `-1` or `now`.'),
        query('live', { enum: ['long-poll', 'sse'] }, 'How to wait for what comes; needs an offset.'),
        query('cursor', text, 'The `Stream-Cursor` of the answer before.'),
        header('If-None-Match', 'The ETag of the same read before.'),
      ],
      answers: {
        '200': { description: 'A list of events; with `live=sse` an event stream of such lists.' },
        '204': { description: 'A long-poll without an event.' },
        '304': { description: 'Nothing new.' },
      },
      errors: {
        ...ofAll,
        ...ofTask,
        ...ofWrites,
        '400': ['invalid_cursor', 'invalid_input'],
        '410': ['cursor_void'],
      },
    },
  },
  '/:id/cancel': {
    POST: {
      summary: 'Asks for a stop. Twice, or too late, is an acknowledgement.',
      body: { required: false, schema: 'CancelRequest' },
      answers: { '200': { description: 'What became of the wish.', content: 'CancelAnswer' } },
      errors: { ...ofAll, ...ofTask, ...ofBodies, ...ofWrites },
    },
  },
  '/:id/input': {
    POST: {
      summary: 'Answers a question of the task. The first answer counts.',
      body: { required: true, schema: 'InputAnswerRequest' },
      answers: { '200': { description: 'The answer is known to the task.', content: 'InputAnswer' } },
      errors: {
        ...ofAll,
        ...ofBodies,
        ...ofWrites,
        '404': ['task_not_found', 'input_not_found'],
        '409': ['input_closed'],
      },
    },
  },
  '/:id/tools/:tool_id/cancel': {
    POST: {
      summary: 'Cancels one running tool call; the task goes on.',
      answers: { '200': { description: 'What became of the wish.', content: 'ToolCancelAnswer' } },
      errors: { ...ofAll, ...ofWrites, '404': ['task_not_found', 'tool_not_found'] },
    },
  },
}
