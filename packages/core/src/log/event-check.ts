import type { EventSchemas } from '../define-task.ts'
import { TaskError } from '../errors.ts'
import { checkEventData, isBuiltinEventType, isEventType, type ManagerEventType } from '../protocol/index.ts'
import { firstIssue, inputIssues } from '../schemas/index.ts'

const managerOnly: ReadonlySet<string> = new Set<ManagerEventType>([
  'attempt_reset',
  'input_request',
  'input_response',
  'task_complete',
])

/**
 * Checks what a runner emits against the built-in guards and the definition's own schemas.
 *
 * @returns the data to store; for an application event what its schema made of it.
 * @throws TaskError `invalid_event`
 */
export function checkEvent(type: string, data: unknown, schemas: EventSchemas | undefined): object {
  try {
    return checked(type, data, schemas)
  } catch (cause) {
    if (TaskError.is(cause, 'invalid_event')) throw cause
    // A getter that throws, or a schema that does.
    throw new TaskError('invalid_event', `The data of "${type}" cannot be checked.`, { cause })
  }
}

function checked(type: string, data: unknown, schemas: EventSchemas | undefined): object {
  if (managerOnly.has(type)) {
    throw new TaskError(
      'invalid_event',
      `"${type}" is written by the manager and cannot be emitted by a runner.`,
    )
  }
  if (isBuiltinEventType(type)) {
    const problem = checkEventData(type, data)
    if (problem !== null) throw new TaskError('invalid_event', `"${type}": ${problem}.`)
    return data as object
  }
  if (!isEventType(type)) {
    throw new TaskError(
      'invalid_event',
      'An event type is 1 to 64 letters, digits, "_", "-", "." or ":"; an application\'s own begins with "x_".',
    )
  }
  return schemas === undefined ? checkObject(type, data) : checkAgainst(schemas, type, data)
}

function checkAgainst(schemas: EventSchemas, type: string, data: unknown): object {
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined
  if (schema === undefined) {
    throw new TaskError(
      'invalid_event',
      `"${type}" is not among the events that the task's definition declares.`,
    )
  }
  const parsed = schema.safeParse(data)
  if (!parsed.success) {
    const issues = inputIssues(parsed.error)
    throw new TaskError('invalid_event', `"${type}" does not fit its schema${firstIssue(issues)}.`, {
      issues,
    })
  }
  return checkObject(type, parsed.data)
}

function checkObject(type: string, data: unknown): object {
  const problem = checkEventData(type, data)
  if (problem !== null) throw new TaskError('invalid_event', `"${type}": ${problem}.`)
  return data as object
}
