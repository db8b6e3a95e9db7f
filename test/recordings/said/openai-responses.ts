import { at, type Json, type Said, type SaidItem, type SaidTool, textAt } from './said.ts'

/** Reads OpenAI's responses: text and reasoning by item and part, tool calls by output item. */
export function saidByResponses(chunks: readonly unknown[]): Said {
  const parts = new Map<string, { type: 'text' | 'thinking'; content: string }>()
  const tools = new Map<string, SaidTool>()
  const order: (() => SaidItem | undefined)[] = []
  let error: string | null = null

  const write = (type: 'text' | 'thinking', key: string, delta: string): void => {
    const part = parts.get(key)
    if (part !== undefined) part.content += delta
    else {
      parts.set(key, { type, content: delta })
      order.push(() => parts.get(key))
    }
  }

  for (const chunk of chunks) {
    const type = textAt(chunk, 'type')
    const item = at(chunk, 'item')
    const itemId = textAt(chunk, 'item_id')
    if (type === 'response.output_text.delta') write('text', itemId, textAt(chunk, 'delta'))
    if (type === 'response.reasoning_summary_text.delta') {
      write('thinking', `${itemId}:${String(at(chunk).summary_index)}`, textAt(chunk, 'delta'))
    }
    if (type === 'response.reasoning_text.delta') write('thinking', itemId, textAt(chunk, 'delta'))
    if (type === 'response.output_item.added') {
      const id = textAt(item, 'id')
      order.push(() => tools.get(id))
    }
    if (type === 'response.output_item.done') {
      const tool = toolOf(item)
      if (tool !== null) tools.set(textAt(item, 'id'), tool)
    }
    if (type === 'error') error ??= textAt(at(chunk, 'error'), 'message')
  }
  return { items: order.flatMap((item) => item() ?? []), error }
}

// Calls that OpenAI runs itself have their item's id; those that the client runs have a call id.
function toolOf(item: Json): SaidTool | null {
  const own = { type: 'tool', id: textAt(item, 'id') } as const
  const call = { type: 'tool', id: textAt(item, 'call_id') } as const
  switch (item.type) {
    case 'function_call':
      return { ...call, name: textAt(item, 'name'), arguments: JSON.parse(textAt(item, 'arguments')) }
    case 'mcp_call':
      return { ...own, name: `mcp.${textAt(item, 'name')}`, arguments: JSON.parse(textAt(item, 'arguments')) }
    case 'code_interpreter_call':
      return {
        ...own,
        name: 'code_interpreter',
        arguments: { code: item.code, containerId: item.container_id },
      }
    // What was searched for is part of the result, in the stream as in the SDK.
    case 'web_search_call':
      return { ...own, name: 'web_search', arguments: {} }
    case 'image_generation_call':
      return { ...own, name: 'image_generation', arguments: {} }
    case 'shell_call':
      return { ...call, name: 'shell', arguments: { action: { commands: at(item, 'action').commands } } }
    case 'apply_patch_call':
      return { ...call, name: 'apply_patch', arguments: { callId: item.call_id, operation: item.operation } }
    default:
      return null
  }
}
