import fc from 'fast-check'
import type { BuiltinEventType, TaskEvent } from '../../src/protocol/index.ts'
import { arbitraryLog } from './arbitrary-log.ts'

const builtinTypes: Record<BuiltinEventType, true> = {
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

const type = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.keys(builtinTypes)) },
  { weight: 1, arbitrary: fc.constantFrom('x_note', 'hologram', '', '__proto__', 'constructor', 'toString') },
)

// Few ids, so that events meet; some that are keys of every object, and some that look like absent ones.
const id = fc.constantFrom('a', 'b', '', 'null', 'undefined', '__proto__', 'constructor', null, undefined, 7)

const anything = fc.anything()

const often = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: anything })

const text = often(fc.string({ maxLength: 4 }))

const data = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      {
        id: often(id),
        message_id: text,
        content: text,
        full_content: text,
        name: text,
        intent: text,
        arguments_delta: text,
        arguments: anything,
        status: often(
          fc.constantFrom('preparing', 'running', 'completed', 'failed', 'canceled', 'succeeded', 'gone'),
        ),
        result: anything,
        message: text,
        progress: often(fc.double()),
        path: often(id),
        url: text,
        title: text,
        media_type: text,
        done: often(fc.double()),
        total: often(fc.nat()),
        eta_ms: anything,
        conversation_id: text,
        prompt: text,
        schema: anything,
        expires_at: often(fc.double()),
        outcome: often(fc.constantFrom('answered', 'canceled', 'expired', 'lost')),
        value: anything,
        code: text,
        attempt: fc.nat(3),
        keep_before: often(fc.integer({ min: -1, max: 30 })),
        ['__proto__']: anything,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: anything },
)

const event = (idx: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.record({ idx, type, data, ts: fc.double() })

/** As it comes over the wire. */
const parsed = <T>(value: T): T => JSON.parse(JSON.stringify(value))

const numbered = fc
  .array(event(fc.constant(0)), { maxLength: 40 })
  .map((events) => parsed(events.map((each, idx) => ({ ...(each as object), idx }))))

/**
 * Logs that no manager wrote: every type in any order, fields of wrong types, ids that collide. Numbered without gaps,
 * and JSON.
 */
export const arbitraryHostileLog: fc.Arbitrary<TaskEvent[]> = fc.oneof(
  { weight: 3, arbitrary: numbered as fc.Arbitrary<TaskEvent[]> },
  { weight: 1, arbitrary: arbitraryLog },
)

/** Any JSON at all in the place of events, some of it looking like one. */
export const arbitraryGarbage: fc.Arbitrary<unknown[]> = fc
  .array(fc.oneof(anything, event(anything), event(fc.oneof(fc.maxSafeInteger(), fc.double(), fc.nat(20)))))
  .map(parsed)
