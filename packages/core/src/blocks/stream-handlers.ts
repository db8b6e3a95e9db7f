import type { TextBlock, ThinkingBlock } from './block.ts'
import {
  addBlock,
  type BlockDraft,
  findBlock,
  isOpen,
  lastOpen,
  ownBlock,
  patchBlock,
} from './block-draft.ts'
import type { Handler } from './handler.ts'
import { readText } from './read-field.ts'

type StreamType = 'text' | 'thinking'

/** Position of the open block that an event means: the one of its id, or the last open one if it has none; or -1. */
function findStream(draft: BlockDraft, type: StreamType, id: string | null): number {
  if (id === null) return lastOpen(draft, type)
  const position = findBlock(draft, type, id)
  return isOpen(draft.state.blocks[position], type) ? position : -1
}

/** `text_start`, `thinking_start`: begins a block, unless the one it means is open already. */
export function startStream(type: StreamType): Handler {
  return (draft, data, idx) => {
    const id = readText(data.id)
    if (findStream(draft, type, id) < 0)
      addBlock(draft, { type, key: `${type}:${idx}`, start: idx, id, content: '', open: true })
  }
}

/** `text_chunk`, `thinking_chunk`: adds to the open block; opens one if there is none. */
export function appendStream(type: StreamType): Handler {
  return (draft, data, idx) => {
    const content = readText(data.content)
    if (content === null) return
    const id = readText(data.id)
    const position = findStream(draft, type, id)
    if (position < 0) addBlock(draft, { type, key: `${type}:${idx}`, start: idx, id, content, open: true })
    else if (content !== '') {
      const block = ownBlock(draft, position)
      if (block?.type === type) block.content += content
    }
  }
}

/** `text_end`, `thinking_end`: closes the block; `full_content` replaces what was streamed, or stands for all of it. */
export function endStream(type: StreamType): Handler {
  return (draft, data, idx) => {
    const content = readText(data.full_content)
    const id = readText(data.id)
    const position = findStream(draft, type, id)
    if (position >= 0)
      patchBlock<TextBlock | ThinkingBlock>(draft, position, {
        open: false,
        ...(content !== null && { content }),
      })
    else if (content) addBlock(draft, { type, key: `${type}:${idx}`, start: idx, id, content, open: false })
  }
}
