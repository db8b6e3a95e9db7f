import type { BuiltinEventType } from './events.ts'

type Fields = Readonly<Record<string, unknown>>
type Guard = (data: Fields) => string | null

const isText = (value: unknown): value is string => typeof value === 'string'
const isAbsent = (value: unknown): boolean => value === undefined || value === null
const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0

const text =
  (...names: readonly string[]): Guard =>
  (data) => {
    for (const name of names) if (!isText(data[name])) return `\`${name}\` must be a string`
    return null
  }
const optionalText =
  (...names: readonly string[]): Guard =>
  (data) => {
    for (const name of names) {
      if (!isAbsent(data[name]) && !isText(data[name])) return `\`${name}\` must be a string or absent`
    }
    return null
  }
const count =
  (...names: readonly string[]): Guard =>
  (data) => {
    for (const name of names) if (!isCount(data[name])) return `\`${name}\` must be a number of at least 0`
    return null
  }
const oneOf =
  (name: string, values: readonly string[]): Guard =>
  (data) =>
    values.includes(data[name] as string) ? null : `\`${name}\` must be one of ${values.join(', ')}`
const all =
  (...guards: readonly Guard[]): Guard =>
  (data) => {
    for (const guard of guards) {
      const problem = guard(data)
      if (problem !== null) return problem
    }
    return null
  }

// Written by hand: these run on every emit, several thousand times a second, where a schema library costs
// ten times the serialisation of the event.
const guards: Readonly<Record<BuiltinEventType, Guard>> = {
  ai_message_start: optionalText('message_id'),
  thinking_start: optionalText('id'),
  thinking_chunk: all(text('content'), optionalText('id')),
  thinking_end: optionalText('id', 'full_content'),
  text_start: optionalText('id'),
  text_chunk: all(text('content'), optionalText('id')),
  text_end: optionalText('id', 'full_content'),
  tool_intent: text('id', 'name', 'intent'),
  tool_preparing: all(text('id', 'name'), optionalText('intent', 'arguments_delta')),
  tool_start: text('id', 'name'),
  update_action: all(
    text('id'),
    oneOf('status', ['preparing', 'running', 'completed', 'failed', 'canceled']),
    optionalText('message'),
    (data) => (isAbsent(data.progress) ? null : count('progress')(data)),
  ),
  append_payload: text('path', 'content'),
  modify_payload: text('path'),
  source: all(text('url'), optionalText('title')),
  file: text('media_type', 'url'),
  progress: all(count('done', 'total'), optionalText('unit', 'message'), (data) =>
    isAbsent(data.eta_ms) ? null : count('eta_ms')(data),
  ),
  token_update: count('input', 'output', 'total'),
  conversation_resolved: all(text('conversation_id'), optionalText('title')),
  input_request: text('id', 'prompt'),
  input_response: all(text('id'), oneOf('outcome', ['answered', 'canceled', 'expired'])),
  error: all(text('message'), optionalText('code')),
  attempt_reset: count('attempt', 'keep_before'),
  task_complete: oneOf('status', ['succeeded', 'failed', 'canceled']),
}

/** Ids stand in every event of their block, and beside the log while it is open. */
const maxIdLength = 1_024

// Types go into the log's text as they are, so they may hold nothing that JSON would escape.
const eventType = /^[A-Za-z0-9_.:-]{1,64}$/

/** Whether `type` can name an event at all. */
export function isEventType(type: string): boolean {
  return eventType.test(type)
}

/** Whether `type` is a built-in event type. */
export function isBuiltinEventType(type: string): type is BuiltinEventType {
  return Object.hasOwn(guards, type)
}

/**
 * Checks the data of an event that is about to enter a log.
 *
 * @returns a sentence that says what is wrong, or `null` when the event is well-formed. Types that are not
 * built in only need to carry an object.
 */
export function checkEventData(type: string, data: unknown): string | null {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return 'the data must be an object'
  if (!isBuiltinEventType(type)) return null
  const { id } = data as Fields
  if (isText(id) && id.length > maxIdLength) return `\`id\` must have at most ${maxIdLength} characters`
  return guards[type](data as Fields)
}
