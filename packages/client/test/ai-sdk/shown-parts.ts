import type { Block, ToolBlock } from '@outlast/core/blocks'
import type { UIMessage } from 'ai'
import { currentParts } from '../../src/ai-sdk/index.ts'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))

/** A call that was given no arguments shows what the model wrote. */
function inputOf({ arguments: input, argumentsText }: ToolBlock): unknown {
  if (input !== null) return input
  try {
    return JSON.parse(argumentsText)
  } catch {
    return argumentsText || {}
  }
}

function toolPart(block: ToolBlock): object {
  const { id, name, status, argumentsText, output, result, message } = block
  const part = { id, type: `tool-${name}` }
  const input = inputOf(block)
  if (status === 'completed') return { ...part, state: 'output-available', input, output: result ?? message }
  if (status === 'failed' || status === 'canceled') return { ...part, state: 'output-error' }
  if (output !== null) return { ...part, state: 'output-available', output }
  if (status === 'running' || block.arguments !== null) return { ...part, state: 'input-available', input }
  return { ...part, state: 'input-streaming', written: argumentsText }
}

/** What a screen must show of blocks, by the SDK's names. */
export function expectedParts(blocks: readonly Block[]): unknown[] {
  return blocks.map((block) => {
    switch (block.type) {
      case 'text':
      case 'thinking': {
        const type = block.type === 'text' ? 'text' : 'reasoning'
        return { type, text: block.content, state: block.open ? 'streaming' : 'done' }
      }
      case 'tool':
        return plain(toolPart(block))
      case 'source':
        return { type: 'source-url', url: block.url, title: block.title }
      case 'file':
        return { type: 'file', url: block.url, mediaType: block.mediaType }
      case 'custom':
        return { type: `data-${block.event}`, data: plain(block.data) }
      default: {
        const { key, start, type, ...data } = block
        return { type: `data-${type}`, data: plain(data) }
      }
    }
  })
}

/** The same of a message: the parts that count, without what blocks do not know. */
export function shownParts(message: UIMessage | undefined): unknown[] {
  return currentParts(message?.parts ?? []).flatMap((part): unknown[] => {
    if (part.type === 'step-start') return []
    if (part.type === 'text' || part.type === 'reasoning') {
      return [{ type: part.type, text: part.text, state: part.state }]
    }
    if (part.type === 'source-url') return [{ type: part.type, url: part.url, title: part.title ?? null }]
    if (part.type === 'file') return [{ type: part.type, url: part.url, mediaType: part.mediaType }]
    if ('data' in part) return [{ type: part.type, data: plain(part.data) }]
    if (!('toolCallId' in part)) return [part]
    const { toolCallId: id, type, state } = part
    if (state === 'output-available') {
      const { output = null, input, preliminary } = part
      return [plain({ id, type, state, output, ...(preliminary !== true && { input }) })]
    }
    if (state === 'output-error') return [{ id, type, state }]
    if (state === 'input-available') return [plain({ id, type, state, input: part.input })]
    const written = (part as { rawInput?: unknown }).rawInput ?? ''
    return [{ id, type, state, written }]
  })
}
