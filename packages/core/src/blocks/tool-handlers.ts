import type { ToolBlock } from './block.ts'
import { addBlock, findBlock, isOpen, patchBlock } from './block-draft.ts'
import type { Handler } from './handler.ts'
import { type Fields, readChoice, readNumber, readText } from './read-field.ts'
import { toJson } from './to-json.ts'

/** An event about a tool call: finds the block of its id or begins it, then sets what the event says. */
function toolHandler(read: (data: Fields, tool: ToolBlock) => Partial<ToolBlock>): Handler {
  return (draft, data, idx) => {
    const id = readText(data.id)
    if (id === null) return
    let position = findBlock(draft, 'tool', id)
    if (position < 0) {
      position = addBlock(draft, {
        type: 'tool',
        key: `tool:${id}`,
        start: idx,
        id,
        name: '',
        intent: null,
        status: 'preparing',
        argumentsText: '',
        arguments: null,
        output: null,
        result: null,
        message: null,
        progress: null,
      })
    }
    const tool = draft.state.blocks[position]
    if (tool?.type === 'tool') patchBlock<ToolBlock>(draft, position, read(data, tool))
  }
}

const announce = (starts: boolean): Handler =>
  toolHandler((data, tool) => ({
    name: readText(data.name) || tool.name,
    intent: readText(data.intent) ?? tool.intent,
    argumentsText: tool.argumentsText + (readText(data.arguments_delta) ?? ''),
    arguments: toJson(data.arguments) ?? tool.arguments,
    status: starts && isOpen(tool, 'tool') ? 'running' : tool.status,
  }))

/** `tool_intent`, `tool_preparing`: the call's name and one-line intent, and its arguments as they stream in. */
export const prepareTool: Handler = announce(false)

/** `tool_start`: the call runs, unless its end was already seen. */
export const startTool: Handler = announce(true)

/**
 * `update_action`: status, and what the call has given so far or in the end. The first final status stays, and with it
 * everything else.
 */
export const updateTool: Handler = toolHandler((data, tool) => {
  if (!isOpen(tool, 'tool')) return {}
  const status =
    readChoice(data.status, 'preparing', 'running', 'completed', 'failed', 'canceled') ?? tool.status
  const result = toJson(data.result)
  const isInterim = status === 'preparing' || status === 'running'
  return {
    status,
    ...(isInterim ? { output: result ?? tool.output } : { result }),
    message: readText(data.message) ?? tool.message,
    progress: readNumber(data.progress) ?? tool.progress,
  }
})
