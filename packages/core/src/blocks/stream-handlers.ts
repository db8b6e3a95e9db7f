import type { TextBlock, ThinkingBlock } from './block.ts'
import { addBlock, findBlock, ownBlocks } from './block-draft.ts'
import type { Handler, Handlers } from './handler.ts'
import { readText, required } from './read-field.ts'

type StreamType = (TextBlock | ThinkingBlock)['type']

/**
 * `text_start`, `text_chunk`, `text_end`, and those of thinking: each begins the block that it means unless that is open
 * already; a chunk adds to it, the end closes it. What an end brings replaces what was streamed, or stands for all of it.
 */
function streamHandler(type: StreamType, event: 'start' | 'chunk' | 'end'): Handler {
  const isEnd = event === 'end'
  return (draft, data, idx) => {
    const id = readText(data.id)
    const content =
      event === 'chunk' ? required(readText(data.content)) : isEnd ? readText(data.full_content) : ''
    const position = findBlock(draft, type, id)
    const block = draft.state.blocks[position]
    const open = !isEnd
    if (block?.type !== type || !block.open) {
      if (open || content) addBlock(draft, type, idx, { id, content: content ?? '', open })
    } else if (isEnd || content) {
      // Field by field, as the state: chunks are by far the most events, and they may come one by one.
      ownBlocks(draft)[position] = {
        type,
        key: block.key,
        start: block.start,
        id: block.id,
        content: isEnd ? (content ?? block.content) : block.content + content,
        open,
      }
    }
  }
}

/** Text and thinking, as they stream. */
export const streamHandlers: Handlers<`${StreamType}_${'start' | 'chunk' | 'end'}`> = {
  thinking_start: streamHandler('thinking', 'start'),
  thinking_chunk: streamHandler('thinking', 'chunk'),
  thinking_end: streamHandler('thinking', 'end'),
  text_start: streamHandler('text', 'start'),
  text_chunk: streamHandler('text', 'chunk'),
  text_end: streamHandler('text', 'end'),
}
