import type { RequestBody } from '@outlast/core/http'
import fc from 'fast-check'

/**
 * A request before the tasks that exist are put in: `{3}` stands for the id of the fourth of them, `{end}` for the last
 * event's id of the task in the path, `{offset}` (encoded) for an offset in its log.
 */
export interface FuzzRequest {
  method: string
  url: string
  headers: Readonly<Record<string, string>>
  body: FuzzBody
}

/** A body, as a parser or the wire hands it over. */
export type FuzzBody = { form: RequestBody['type']; value: unknown; bytes: Uint8Array; cut: number }

const hostile = fc.constantFrom(
  ...[
    '',
    '*',
    '%',
    '%zz',
    '%00',
    '%0d%0ax:y',
    '..',
    '../..',
    "'--",
    '__proto__',
    'constructor',
    '\u2028',
    '{',
    '[]',
  ],
  ...[
    'a'.repeat(300),
    '-1',
    '1e9',
    '9007199254740993',
    'NaN',
    'null',
    '😀',
    '\ud800',
    'W/"',
    '"',
    ',',
    '?',
    '#',
    '\\',
  ],
)
const anything = fc.oneof(hostile, fc.string({ maxLength: 20 }), fc.string({ maxLength: 20, unit: 'binary' }))
const knownId = fc.nat(7).map((index) => `{${index}}`)
const id = fc.oneof({ weight: 6, arbitrary: knownId }, { weight: 1, arbitrary: anything.map(encoded) })
const word = fc.constantFrom('cancel', 'events', 'input', 'tools', 'stats', 'openapi.json', 'durable')

const cancelOfTool = fc
  .tuple(id, fc.oneof(fc.constant('t'), anything))
  .map(([task, tool]) => `/${task}/tools/${encoded(tool)}/cancel`)

/** Methods with paths that they belong to. */
const routed: fc.Arbitrary<[string, string]> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant('POST'), fc.constant('/')) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('GET'), fc.constant('/')) },
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constantFrom('GET', 'GET', 'HEAD', 'DELETE'),
      id.map((task) => `/${task}`),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom('GET', 'HEAD'),
      id.map((task) => `/${task}/events`),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('POST'),
      fc.oneof(
        id.map((task) => `/${task}/cancel`),
        id.map((task) => `/${task}/input`),
        cancelOfTool,
        fc.constant('/cancel'),
      ),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom('GET', 'GET', 'HEAD'),
      id.map((task) => `/${task}/durable`),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('GET'), fc.constantFrom('/stats', '/openapi.json')) },
)

const anyMethod = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('GET', 'POST', 'DELETE', 'HEAD') },
  { weight: 1, arbitrary: fc.constantFrom('PUT', 'PATCH', 'OPTIONS', 'get', '__proto__', '') },
)
const anyPath = fc.oneof(
  fc.tuple(id, word).map((segments) => `/${segments.join('/')}`),
  word.map((segment) => `/${segment}`),
  fc.array(anything, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`),
  anything,
)
const target = fc.oneof(
  { weight: 5, arbitrary: routed },
  { weight: 1, arbitrary: fc.tuple(anyMethod, anyPath) },
)

const whole = fc.oneof(fc.integer({ min: -2, max: 30 }).map(String), anything)
const parameter = fc.oneof(
  fc.tuple(fc.constantFrom('from', 'limit', 'max_bytes', 'wait_ms'), whole),
  fc.tuple(fc.constantFrom('epoch', 'cursor', 'workspace_id', 'conversation_id'), anything),
  fc.tuple(
    fc.constant('status'),
    fc.oneof(fc.constantFrom('active', 'running,failed', 'toString'), anything),
  ),
  fc.tuple(fc.constant('snapshot'), fc.oneof(fc.constantFrom('blocks@1', 'a,b', ','.repeat(20)), anything)),
  fc.tuple(fc.constant('live'), fc.oneof(fc.constantFrom('long-poll', 'sse'), anything)),
  fc.tuple(
    fc.constant('offset'),
    fc.oneof(fc.constantFrom('-1', 'now', '0000000000000000_x', '{offset}'), anything),
  ),
  fc.tuple(anything, anything),
)
const query = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  {
    weight: 3,
    arbitrary: fc
      .array(parameter, { maxLength: 4 })
      .map((pairs) => `?${pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')}`),
  },
  { weight: 1, arbitrary: anything.map((text) => `?${text}`) },
)

const header = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('last-event-id'), fc.constant('{end}')) },
  fc.tuple(fc.constant('if-none-match'), fc.constant('*')),
  fc.tuple(fc.constantFrom('if-none-match', 'last-event-id', 'origin', 'content-encoding'), anything),
  fc.tuple(
    fc.constant('prefer'),
    fc.oneof(fc.constantFrom('wait=1', 'wait=99999999999', ', wait = "2"'), anything),
  ),
  // Keys are kept for a day, so they are few.
  fc.tuple(fc.constant('idempotency-key'), fc.constantFrom('k1', 'k2', 'k3', '', 'k'.repeat(300))),
  fc.tuple(fc.constant('content-length'), fc.constantFrom('0', '-1', '1e12', 'x')),
  fc.tuple(
    fc.constant('content-type'),
    fc.oneof(fc.constantFrom('text/plain', 'application/x+json'), anything),
  ),
)
const user = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('alice', 'alice', 'alice', 'bob') },
  { weight: 1, arbitrary: anything },
)
const identity = fc.oneof(
  { weight: 10, arbitrary: user.map((name) => ({ 'x-user': name })) },
  { weight: 2, arbitrary: user.map((name) => ({ cookie: name })) },
  { weight: 1, arbitrary: fc.constant({}) },
)

const value = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        type: fc.constantFrom('work', 'other'),
        message: fc.constantFrom('quick', 'wait', 'ask', 'tool', 'throw'),
      },
      { requiredKeys: ['type', 'message'] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('work'), message: fc.jsonValue() }) },
  { weight: 1, arbitrary: fc.record({ id: fc.constantFrom('q', 'r'), value: fc.jsonValue() }) },
  {
    weight: 1,
    arbitrary: fc.record(
      { task_id: id, workspace_id: anything, reason: anything, extra: anything },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 6 }) },
  { weight: 1, arbitrary: fc.constant({}) },
)
const broken = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.nat(120).map((depth) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
  fc.constant(Buffer.from('{"a":')),
)
const body = fc.record<FuzzBody>({
  form: fc.constantFrom('none', 'stream', 'stream', 'bytes', 'text', 'value'),
  value,
  bytes: fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array()) }, { weight: 1, arbitrary: broken }),
  cut: fc.nat(50),
})

/** Requests of every kind: most of them reach a route, and many are all but well-formed. */
export const arbitraryRequest: fc.Arbitrary<FuzzRequest> = fc
  .record({
    target,
    query,
    headers: fc
      .tuple(identity, fc.array(header, { maxLength: 3 }))
      .map(([who, more]) => ({ 'content-type': 'application/json', ...who, ...Object.fromEntries(more) })),
    body,
  })
  .map(({ target: [method, path], query, headers, body }) => ({ method, url: path + query, headers, body }))

function encoded(text: string): string {
  // A lone surrogate cannot be encoded.
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'))
}
