import type { ToolStatus } from '../protocol/index.ts'
import type { ToolBlock } from './block.ts'
import { addBlock, type BlockDraft, patchBlock } from './block-draft.ts'
import type { Handlers } from './handler.ts'
import { isActive } from './is-active.ts'
import { choice, type Fields, optionalNumber, optionalText, text } from './read-field.ts'

const unheardOf = {
  name: '',
  intent: null,
  status: 'preparing',
  argumentsText: '',
  arguments: null,
  output: null,
  result: null,
  message: null,
  progress: null,
} as const

/**
 * An event about a tool call: sets what it says in the block of its id, and begins that if need be. Every one of them may
 * say anything.
 */
function tool(draft: BlockDraft, data: Fields, idx: number, started?: ToolStatus): void {
  const id = text(data.id)
  const position = draft.named.get(`tool:${id}`) ?? addBlock(draft, 'tool', idx, { id, ...unheardOf }, id)
  const block = draft.blocks[position] as ToolBlock
  // The first final status stays, and with it everything that came with it.
  const isOpen = isActive(block.status)
  const news: Fields = isOpen ? data : {}
  const status =
    (isOpen && started) ||
    (choice(news.status, 'preparing', 'running', 'completed', 'failed', 'canceled') ?? block.status)
  patchBlock<ToolBlock>(draft, position, {
    name: optionalText(data.name) || null,
    intent: optionalText(data.intent),
    status,
    argumentsText: block.argumentsText + (optionalText(data.arguments_delta) ?? ''),
    arguments: data.arguments,
    output: isActive(status) ? news.result : null,
    result: isActive(status) ? null : news.result,
    message: optionalText(news.message),
    progress: optionalNumber(news.progress),
  })
}

/** Tool calls. */
export const toolHandlers: Handlers<'tool_intent' | 'tool_preparing' | 'tool_start' | 'update_action'> = {
  tool_intent: tool,
  tool_preparing: tool,
  tool_start: (draft, data, idx) => tool(draft, data, idx, 'running'),
  update_action: tool,
}
