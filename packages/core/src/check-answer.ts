import * as z from 'zod'
import { TaskError } from './errors.ts'
import { isTooDeepForEvent, maxEventDepth } from './json-depth.ts'
import { readCarry } from './log/index.ts'
import { firstIssue, inputIssues } from './schemas/index.ts'
import type { Json, TaskRecord } from './store/index.ts'

/** What else stands in the event that an answer becomes. */
const roomForTheRest = 4_096

/**
 * Checks an answer against the question that a task has open, from its record alone: on whichever node it arrives.
 *
 * @param maxEventBytes bytes of one event: the answer becomes one, with room left for the rest of it.
 * @returns the answer's JSON; `null` when the question has this answer, or another one, already.
 * @throws TaskError `input_not_found`, `input_closed`, `invalid_input`
 */
export function checkAnswer(
  task: TaskRecord,
  id: string,
  value: unknown,
  maxEventBytes: number,
): Json | null {
  const { open, closedInputs } = readCarry(task.carry)
  const question = open.find((block) => block.kind === 'input' && block.id === id)
  if (question?.kind !== 'input') {
    const outcome = Object.hasOwn(closedInputs, id) ? closedInputs[id] : undefined
    if (outcome === 'answered') return null
    if (outcome === undefined) throw new TaskError('input_not_found', 'The task has asked no such question.')
    throw new TaskError('input_closed', 'The question is no longer open: it has expired or was called off.')
  }
  const json = answerJson(id, value, maxEventBytes - roomForTheRest)
  const parsed = z.fromJSONSchema(question.schema as z.core.JSONSchema.JSONSchema).safeParse(value)
  if (!parsed.success) {
    const issues = inputIssues(parsed.error)
    throw new TaskError(
      'invalid_input',
      `The answer does not fit the question${firstIssue(issues)}; see "issues".`,
      { issues },
    )
  }
  return json
}

function answerJson(id: string, value: unknown, maxBytes: number): Json {
  let json: Json | undefined
  try {
    json = JSON.stringify(value ?? null)
  } catch (cause) {
    throw new TaskError('invalid_input', 'The answer cannot be serialised as JSON.', { cause })
  }
  if (json === undefined) throw new TaskError('invalid_input', 'The answer has no form as JSON.')
  if (isTooDeepForEvent(json, 1)) {
    throw new TaskError('invalid_input', `The answer nests deeper than ${maxEventDepth - 1} levels.`)
  }
  // Refused here, where somebody can still give another one: once it is accepted, the run would fail with it.
  const bytes = Buffer.byteLength(json) + Buffer.byteLength(JSON.stringify(id))
  if (bytes > maxBytes) {
    throw new TaskError('invalid_input', `The answer is larger than ${maxBytes} bytes, its id included.`)
  }
  return json
}
