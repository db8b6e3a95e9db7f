import { TaskError } from './errors.ts'
import { isBuiltinEventType, isEventType } from './protocol/index.ts'

type Fields = Readonly<Record<string, unknown>>

const typeName = /^[A-Za-z0-9_.-]{1,64}$/
const functions = ['scope', 'summary', 'conversationId']
const wholeNumbers = ['maxAttempts', 'maxQueued', 'maxBodyBytes']
const choices = {
  onInterrupted: ['fail', 'retry'],
  lifetime: ['detached', 'connection'],
  onConflict: ['reject', 'attach', 'queue', 'replace'],
} as const

/**
 * Checks what was given as a task definition, for callers whose compiler did not.
 *
 * @throws TaskError `invalid_definition`
 */
export function checkDefinition(given: unknown): void {
  if (!isObject(given)) throw invalid('A task is declared by an object: defineTask({ type, input, run }).')
  const { type } = given
  if (typeof type !== 'string' || !typeName.test(type)) {
    throw invalid(
      `"${String(type)}" cannot name a task type: use 1 to 64 letters, digits, "_", "-" or ".", as in type: 'report'.`,
    )
  }
  const problem = problemOf(given)
  if (problem !== null) throw invalid(`The definition of "${type}" cannot work: ${problem}.`)
}

function problemOf(definition: Fields): string | null {
  if (typeof definition.run !== 'function') return '`run` must be a function, the one that does the work'
  if (!canParse(definition.input, 'safeParseAsync')) {
    return '`input` must be a zod schema, such as z.object({ … }), or z.unknown() to take anything'
  }
  return eventsProblem(definition.events) ?? optionsProblem(definition)
}

function eventsProblem(events: unknown): string | null {
  if (events === undefined) return null
  if (!isObject(events)) return '`events` must be an object of zod schemas, by event type'
  for (const [type, schema] of Object.entries(events)) {
    if (isBuiltinEventType(type)) {
      return `the event "${type}" is built in and needs no schema; name your own "x_…"`
    }
    if (!isEventType(type)) {
      return `"${type}" cannot name an event: use 1 to 64 letters, digits, "_", "-", "." or ":", beginning with "x_"`
    }
    if (!canParse(schema, 'safeParse')) return `the event "${type}" must have a zod schema`
  }
  return null
}

function optionsProblem(definition: Fields): string | null {
  const given = (name: string): boolean => definition[name] !== undefined
  for (const name of functions) {
    if (given(name) && typeof definition[name] !== 'function') return `\`${name}\` must be a function`
  }
  for (const name of wholeNumbers) {
    const value = definition[name]
    if (given(name) && !(Number.isSafeInteger(value) && Number(value) >= 1)) {
      return `\`${name}\` must be a whole number of at least 1, not ${String(value)}`
    }
  }
  for (const [name, allowed] of Object.entries(choices)) {
    const value = definition[name]
    if (given(name) && !allowed.some((choice) => choice === value)) {
      return `\`${name}\` must be one of "${allowed.join('", "')}", not "${String(value)}"`
    }
  }
  const { timeoutMs, priority } = definition
  if (given('timeoutMs') && !(Number.isFinite(timeoutMs) && Number(timeoutMs) > 0)) {
    return `\`timeoutMs\` must be a number of milliseconds above 0, not ${String(timeoutMs)}; leave it out for no limit`
  }
  return given('priority') && !Number.isFinite(priority) ? '`priority` must be a number' : null
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** Whether a value is a zod schema, as far as we use it; one of another copy of zod is as good. */
function canParse(value: unknown, method: 'safeParse' | 'safeParseAsync'): boolean {
  return isObject(value) && typeof value[method] === 'function'
}

function invalid(sentence: string): TaskError {
  return new TaskError('invalid_definition', sentence)
}
