import type { TextBlock, ThinkingBlock } from './block.ts'
import { addBlock, putBlock } from './block-draft.ts'
import type { Handler, Handlers } from './handler.ts'
import { type Fields, optionalText, text } from './read-field.ts'

type Stream = TextBlock | ThinkingBlock
type StreamHandlers = Handlers<`${Stream['type']}_${'start' | 'chunk' | 'end'}`>

/**
 * Begins the block that is meant unless that is open already, and adds content to it or ends it. Without an id the last
 * open block of the type is meant.
 */
function streamHandler(
  type: Stream['type'],
  open: boolean,
  contentOf: (data: Fields) => string | null,
): Handler {
  return (draft, data, idx) => {
    const { blocks, streams } = draft
    const id = optionalText(data.id)
    const content = contentOf(data)
    const at = streams.findLastIndex((position) => {
      const block = blocks[position] as Stream
      return block.type === type && (id === null || block.id === id)
    })
    if (at < 0) {
      if (open || content) addBlock(draft, type, idx, { id, content: content ?? '', open })
    } else if (!open || content) {
      const position = streams[at] as number
      const block = blocks[position] as Stream
      if (!open) streams.splice(at, 1)
      // Field by field: chunks are by far the most events, and V8 copies `{ ...block }` ten times slower.
      putBlock(draft, position, {
        type,
        key: block.key,
        start: block.start,
        id: block.id,
        content: open ? block.content + content : (content ?? block.content),
        open,
      })
    }
  }
}

function handlersOf(type: Stream['type']): Readonly<Record<string, Handler>> {
  return {
    [`${type}_start`]: streamHandler(type, true, () => ''),
    [`${type}_chunk`]: streamHandler(type, true, ({ content }) => text(content)),
    // Replaces what was streamed, or stands for all of it.
    [`${type}_end`]: streamHandler(type, false, (data) => optionalText(data.full_content)),
  }
}

/** Text and thinking, as they stream. */
export const streamHandlers = { ...handlersOf('text'), ...handlersOf('thinking') } as StreamHandlers
