import type { BlocksState } from './block.ts'

/** The state of an empty log. */
export const initialBlocks: BlocksState = {
  next: 0,
  blocks: [],
  messageId: null,
  conversationId: null,
  title: null,
  progress: null,
  usage: null,
  outcome: null,
}
