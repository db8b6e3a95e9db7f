import type { Block } from '@outlast/client/blocks'

/** Whether a block is a piece of the user's own message, which the server's task writes into its log first. */
export function isUserMessage(block: Block): boolean {
  return block.type === 'custom' && block.event === 'x_user_message'
}

/** The user's message, whole, as the log has it; `null` before it was read. */
export function userMessageIn(blocks: readonly Block[]): string | null {
  const pieces = blocks.filter(isUserMessage).flatMap((block) => {
    const data = block.type === 'custom' ? block.data : null
    const content = typeof data === 'object' && data !== null && 'content' in data ? data.content : null
    return typeof content === 'string' ? [content] : []
  })
  return pieces.length === 0 ? null : pieces.join('')
}
