import type { BlocksState } from './block.ts'
import type { Fold } from './fold.ts'
import { initialBlocks } from './initial-blocks.ts'
import { reduceEvents } from './reduce-events.ts'

/** The fold of a log into blocks. Its version changes whenever old snapshots could not be continued. */
export const blockFold: Fold<BlocksState> = { name: 'blocks@1', initial: initialBlocks, reduce: reduceEvents }
