import { dynamicTool, jsonSchema, type ToolSet } from 'ai'
import type { Recording } from './read-recording.ts'
import { field } from './recorded-response.ts'

/**
 * The tools that the recorded model calls, so that its calls are valid. Where more than one answer was recorded they
 * "run" by giving the recorded result, if it lies in a request; where there is only one they have no `execute`, and
 * the run ends with the call, as the recording does.
 */
export function recordedTools(recording: Recording): ToolSet {
  const names = recording.responses.flatMap(({ chunks }) => [...objectsIn(chunks)].flatMap(toolName))
  const results = new Map([...objectsIn(recording.requests)].flatMap(toolResult))
  const execute = (_input: unknown, { toolCallId }: { toolCallId: string }): Promise<unknown> =>
    Promise.resolve(results.get(toolCallId) ?? 'The recording does not hold the result of this call.')
  const tool = {
    description: 'A tool of the recorded conversation.',
    inputSchema: jsonSchema({ type: 'object', additionalProperties: true }),
  }
  const recorded =
    recording.responses.length > 1 ? dynamicTool({ ...tool, execute }) : { ...tool, type: 'dynamic' as const }
  return Object.fromEntries(names.map((name) => [name, recorded]))
}

/** Every object in a JSON value, itself included. */
function* objectsIn(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value
  for (const inner of Object.values(value)) yield* objectsIn(inner)
}

// OpenAI's hosted kinds of tools whose calls the client runs.
const hostedNames = new Map([
  ['apply_patch_call', 'apply_patch'],
  ['local_shell_call', 'local_shell'],
  ['shell_call', 'shell'],
])

// Anthropic `tool_use`, OpenAI responses `function_call`, chat completions `function`, Google `functionCall`.
function toolName(value: object): string[] {
  const type = String(field(value, 'type'))
  const call = field(value, 'functionCall') ?? field(value, 'function')
  const own = type === 'tool_use' || type === 'function_call' ? field(value, 'name') : hostedNames.get(type)
  const name = own ?? field(call, 'name')
  return typeof name === 'string' ? [name] : []
}

// Anthropic, OpenAI responses and chat completions, in this order.
function toolResult(value: object): [string, unknown][] {
  const id = field(value, 'tool_use_id') ?? field(value, 'call_id') ?? field(value, 'tool_call_id')
  const result = field(value, 'output') ?? field(value, 'content')
  return typeof id === 'string' && result !== undefined ? [[id, result]] : []
}
