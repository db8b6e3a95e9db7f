export type {
  Block,
  BlocksOutcome,
  BlocksState,
  CustomBlock,
  ErrorBlock,
  FileBlock,
  InputBlock,
  PayloadBlock,
  SourceBlock,
  TextBlock,
  ThinkingBlock,
  ToolBlock,
} from './block.ts'
export { blockFold } from './block-fold.ts'
export { BlockFolder } from './block-folder.ts'
export type { Fold } from './fold.ts'
export { initialBlocks } from './initial-blocks.ts'
export { reduceEvents } from './reduce-events.ts'
export { type BlockRow, type StackedBlock, stackBlocks } from './stack-blocks.ts'
