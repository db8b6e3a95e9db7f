import type { Block, TextBlock, ThinkingBlock, ToolBlock } from '@outlast/core/blocks'
import type { UIMessageChunk } from 'ai'
import type { OutlastDataParts } from './data-parts.ts'
import { hasInput, isOpenTool, isSame, toolChunks } from './tool-chunks.ts'

/** A block as it was sent, and where it stands in the message. */
export interface SentBlock {
  block: Block
  /** Unlike the block's key never used again, not even after the block was taken back. */
  readonly id: string
  /** Number of the step that holds it. */
  readonly step: number
  /** How many parts the message got with it: its own, and the mark of the step that it began. */
  readonly parts: number
}

/** Whether the block must stay in the current step, since more of it can only be sent there. */
export function isUnsettled(block: Block): boolean {
  return isOpen(block) && !(block.type === 'tool' && hasInput(block))
}

/** Whether the block goes on. */
export function isOpen(block: Block): boolean {
  return block.type === 'tool' ? isOpenTool(block) : isStream(block) && block.open
}

const isStream = (block: Block): block is TextBlock | ThinkingBlock =>
  block.type === 'text' || block.type === 'thinking'

const kindOf = ({ type }: TextBlock | ThinkingBlock): 'text' | 'reasoning' =>
  type === 'text' ? type : 'reasoning'

function streamChunks(
  block: TextBlock | ThinkingBlock,
  before: TextBlock | ThinkingBlock | null,
  id: string,
): UIMessageChunk[] | null {
  const sent = before?.content ?? ''
  const isGrown = block.content !== sent
  if (before && !before.open && (isGrown || block.open)) return null
  if (!block.content.startsWith(sent)) return null
  const kind = kindOf(block)
  const chunks: UIMessageChunk[] = []
  if (!before) chunks.push({ type: `${kind}-start`, id })
  if (isGrown) chunks.push({ type: `${kind}-delta`, id, delta: block.content.slice(sent.length) })
  if (!block.open && before?.open !== false) chunks.push({ type: `${kind}-end`, id })
  return chunks
}

/** The chunk that ends a text or a thinking that is still open. */
export function endChunks({ block, id }: SentBlock): UIMessageChunk[] {
  return isStream(block) && block.open ? [{ type: `${kindOf(block)}-end`, id }] : []
}

/** The one chunk that is all of a block. */
function wholeChunk(
  block: Exclude<Block, TextBlock | ThinkingBlock | ToolBlock>,
  id: string,
): UIMessageChunk {
  if (block.type === 'source') {
    const { url, title } = block
    return { type: 'source-url', sourceId: id, url, ...(title !== null && { title }) }
  }
  if (block.type === 'file') return { type: 'file', url: block.url, mediaType: block.mediaType }
  if (block.type === 'custom') return { type: `data-${block.event}`, id, data: block.data }
  const { key, start, type, ...data } = block
  return { type: `data-${type}`, id, data: data satisfies OutlastDataParts[typeof type] }
}

/**
 * The chunks that lead from what was sent of a block to how it stands.
 *
 * @param before the block as it was sent; `null` when it is new
 * @param isInStep whether the message's current step holds the block
 * @returns `null` when no chunks lead there: the SDK's messages only grow
 */
export function blockChunks(
  block: Block,
  before: Block | null,
  id: string,
  isInStep: boolean,
): UIMessageChunk[] | null {
  if (before && (before.key !== block.key || before.type !== block.type)) return null
  switch (block.type) {
    case 'text':
    case 'thinking':
      return streamChunks(block, before as typeof block | null, id)
    case 'tool':
      return toolChunks(block, before as typeof block | null, isInStep)
    default: {
      const chunk = wholeChunk(block, id)
      if (!before) return [chunk]
      const sent = wholeChunk(before as typeof block, id)
      if (isSame(sent, chunk)) return []
      // Data replaces the data of its id; nothing replaces a source or a file.
      return 'data' in chunk && sent.type === chunk.type ? [chunk] : null
    }
  }
}
