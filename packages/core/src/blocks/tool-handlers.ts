import type { ToolStatus } from '../protocol/index.ts'
import type { ToolBlock } from './block.ts'
import { addBlock, findBlock, patchBlock } from './block-draft.ts'
import type { Handler, Handlers } from './handler.ts'
import { isActive } from './is-open.ts'
import { readChoice, readNumber, readText, required } from './read-field.ts'
import { toJson } from './to-json.ts'

/**
 * An event about a tool call: sets what it says in the block of its id, and begins that if need be. Every one of them may
 * say anything; only the status after `tool_start` goes without saying.
 */
function toolHandler(started: ToolStatus | null): Handler {
  return (draft, data, idx) => {
    const id = required(readText(data.id))
    const position = findBlock(draft, 'tool', id)
    const block = (draft.state.blocks[position] ?? {}) as Partial<ToolBlock>
    const { status: before = 'preparing', output = null, result = null } = block
    // The first final status stays, and with it everything that came with it.
    const open = isActive(before)
    const news = open ? data : {}
    const status =
      (open && started) ||
      (readChoice(news.status, 'preparing', 'running', 'completed', 'failed', 'canceled') ?? before)
    const given = toJson(news.result)
    const interim = isActive(status)
    const fields = {
      id,
      name: readText(data.name) || block.name || '',
      intent: readText(data.intent) ?? block.intent ?? null,
      status,
      argumentsText: (block.argumentsText ?? '') + (readText(data.arguments_delta) ?? ''),
      arguments: toJson(data.arguments) ?? block.arguments ?? null,
      output: (interim ? given : null) ?? output,
      result: interim ? null : (given ?? result),
      message: readText(news.message) ?? block.message ?? null,
      progress: readNumber(news.progress) ?? block.progress ?? null,
    }
    if (position < 0) addBlock(draft, 'tool', idx, fields, id)
    else patchBlock<ToolBlock>(draft, position, fields)
  }
}

const telling = toolHandler(null)

/** Tool calls. */
export const toolHandlers: Handlers<'tool_intent' | 'tool_preparing' | 'tool_start' | 'update_action'> = {
  tool_intent: telling,
  tool_preparing: telling,
  tool_start: toolHandler('running'),
  update_action: telling,
}
