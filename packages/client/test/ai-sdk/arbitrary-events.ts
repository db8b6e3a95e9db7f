import type { TaskEvent } from '@outlast/core/protocol'
import fc from 'fast-check'

const id = fc.constantFrom('a', 'b', '__proto__')
const text = fc.string({ unit: 'grapheme', maxLength: 6 })
const json = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value)))
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })

/** What may happen in a run, each by itself well-formed; in any order, so also where it does not belong. */
const event = fc.oneof(
  ...(['text', 'thinking'] as const).flatMap((kind) => [
    fc.tuple(fc.constant(`${kind}_start`), fc.record({ id: maybe(id) })),
    fc.tuple(fc.constant(`${kind}_chunk`), fc.record({ id: maybe(id), content: text })),
    fc.tuple(fc.constant(`${kind}_chunk`), fc.record({ id: maybe(id), content: text })),
    fc.tuple(fc.constant(`${kind}_end`), fc.record({ id: maybe(id), full_content: maybe(text) })),
  ]),
  fc.tuple(fc.constant('tool_intent'), fc.record({ id, name: id, intent: text })),
  fc.tuple(
    fc.constant('tool_preparing'),
    fc.record({ id, name: fc.constantFrom('search', ''), arguments_delta: maybe(text) }),
  ),
  fc.tuple(
    fc.constant('tool_start'),
    fc.record({ id, name: fc.constantFrom('search', 'read'), arguments: maybe(json) }),
  ),
  fc.tuple(
    fc.constant('update_action'),
    fc.record({
      id,
      status: fc.constantFrom('preparing', 'running', 'running', 'completed', 'failed', 'canceled'),
      result: maybe(json),
      message: maybe(text),
      progress: maybe(fc.nat(1)),
    }),
  ),
  fc.tuple(fc.constant('append_payload'), fc.record({ path: id, content: text })),
  fc.tuple(fc.constant('source'), fc.record({ url: text, title: maybe(text) })),
  fc.tuple(fc.constant('file'), fc.record({ media_type: text, url: text })),
  fc.tuple(fc.constant('progress'), fc.record({ done: fc.nat(9), total: fc.nat(9) })),
  fc.tuple(fc.constant('token_update'), fc.record({ input: fc.nat(9), output: fc.nat(9), total: fc.nat(9) })),
  fc.tuple(fc.constant('ai_message_start'), fc.record({ message_id: maybe(id) })),
  fc.tuple(fc.constant('conversation_resolved'), fc.record({ conversation_id: id, title: maybe(text) })),
  fc.tuple(fc.constant('input_request'), fc.record({ id, prompt: text })),
  fc.tuple(
    fc.constant('input_response'),
    fc.record({ id, outcome: fc.constantFrom('answered', 'expired'), value: json }),
  ),
  fc.tuple(fc.constant('error'), fc.record({ message: text })),
  fc.tuple(fc.constantFrom('x_chart', 'hologram', 'withdrawn', '', '__proto__'), json),
  fc.tuple(fc.constant('attempt_reset'), fc.record({ attempt: fc.nat(3), keep_before: fc.nat(12) })),
)

/** The end of a task, or none yet. */
const ending = maybe(
  fc.record({
    status: fc.constantFrom('succeeded', 'failed', 'canceled'),
    reason: maybe(text),
    error: maybe(text),
    result: maybe(json),
  }),
)

const numbered = (entries: readonly (readonly [string, unknown])[]): TaskEvent[] =>
  entries.map(([type, data], idx) => ({ idx, type, data, ts: 1 }))

/** A log with tools, streams and resets in any order, that may have come to its end. */
export const arbitraryEvents: fc.Arbitrary<TaskEvent[]> = fc
  .tuple(fc.array(event, { maxLength: 30 }), ending)
  .map(([events, end]) => numbered(end ? [...events, ['task_complete', end] as const] : events))

/** A log whose data is anything at all, and whose end may stand anywhere. */
export const arbitraryGarbage: fc.Arbitrary<TaskEvent[]> = fc
  .array(
    fc.oneof(
      event,
      fc.tuple(
        fc.constantFrom(
          'text_chunk',
          'tool_start',
          'update_action',
          'attempt_reset',
          'task_complete',
          'file',
        ),
        fc.anything(),
      ),
    ),
    { maxLength: 20 },
  )
  .map(numbered)
