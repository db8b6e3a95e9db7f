import { at, type Json, listAt, type Said, type SaidItem, textAt } from './said.ts'

interface OpenBlock {
  readonly start: Json
  text: string
  json: string
  done: boolean
}

/** Reads Anthropic's messages: content blocks by index, which begin anew with every message. */
export function saidByAnthropic(chunks: readonly unknown[]): Said {
  const blocks: OpenBlock[] = []
  let byIndex = new Map<unknown, OpenBlock>()
  let isOpen = false
  for (const chunk of chunks) {
    const { type, index } = at(chunk)
    if (type === 'message_start') {
      // A provider that falls back to another model begins a second message inside the first; no reader can say
      // which of the two is the answer.
      if (isOpen) return { items: blocks.flatMap(itemOf), error: 'is still open' }
      isOpen = true
      byIndex = new Map()
      for (const start of listAt(at(chunk, 'message'), 'content')) blocks.push(opened(start, true))
    } else if (type === 'content_block_start') {
      const block = opened(at(chunk, 'content_block'), false)
      byIndex.set(index, block)
      blocks.push(block)
    } else if (type === 'content_block_delta') {
      const delta = at(chunk, 'delta')
      const block = byIndex.get(index)
      if (block === undefined) continue
      block.text += textAt(delta, 'text') + textAt(delta, 'thinking') + textAt(delta, 'content')
      block.json += textAt(delta, 'partial_json')
    } else if (type === 'content_block_stop') {
      const block = byIndex.get(index)
      if (block !== undefined) block.done = true
    } else if (type === 'message_stop') {
      isOpen = false
    } else if (type === 'error') {
      return { items: blocks.flatMap(itemOf), error: textAt(at(chunk, 'error'), 'message') }
    }
  }
  return { items: blocks.flatMap(itemOf), error: null }
}

function opened(start: Json, done: boolean): OpenBlock {
  return { start, text: textAt(start, 'text') + textAt(start, 'thinking'), json: '', done }
}

function itemOf({ start, text, json, done }: OpenBlock): SaidItem[] {
  switch (start.type) {
    case 'text':
    // The summary that stands in for what was compacted is shown as text.
    case 'compaction':
      return [{ type: 'text', content: text }]
    case 'thinking':
      return [{ type: 'thinking', content: text }]
    case 'tool_use':
    case 'server_tool_use': {
      const call = { type: 'tool', id: textAt(start, 'id') } as const
      const name = textAt(start, 'name')
      const input = done ? parsed(json) : undefined
      if (input === undefined && json !== '') return [{ ...call, name, argumentsText: json }]
      return [{ ...call, ...asTheSdkNamesIt(name, { ...at(start.input), ...at(input) }) }]
    }
    default:
      return []
  }
}

/** `undefined` for JSON that was cut off. */
function parsed(json: string): unknown {
  if (json === '') return undefined
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

// The AI SDK gives the three faces of Anthropic's code execution one name and tells them apart in the input.
function asTheSdkNamesIt(name: string, input: Json): { name: string; arguments: unknown } {
  if (name === 'bash_code_execution' || name === 'text_editor_code_execution') {
    return { name: 'code_execution', arguments: { type: name, ...input } }
  }
  return name === 'code_execution'
    ? { name, arguments: { type: 'programmatic-tool-call', ...input } }
    : { name, arguments: input }
}
