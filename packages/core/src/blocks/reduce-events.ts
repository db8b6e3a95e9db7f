import type { TaskEvent } from '../protocol/index.ts'
import { applyEvents } from './apply-events.ts'
import type { BlocksState } from './block.ts'
import { type BlockDraft, draftOf, stateOf } from './block-draft.ts'

/**
 * The drafts that states were taken from: whoever goes on from the newest state goes on with its draft, so that a log read
 * in many short batches is not searched again for each. A cache: a state without one, such as a snapshot that was
 * restored or one that was gone on from before, gets a new one.
 */
const drafts: WeakMap<BlocksState, BlockDraft> = new WeakMap()

/**
 * Applies events to a state: the fold from log to screen.
 *
 * Pure, linear in the number of events, and total for all that `JSON.parse` can give: malformed events are skipped or
 * read as far as they go, and unknown types become custom blocks. Events below `state.next` are ignored, so pages may
 * overlap; whoever cares about a gap compares `state.next` with the first idx beforehand. A block that does not change
 * keeps its identity, and so do the list when no block did and the state when nothing was applied. Events must not be
 * changed afterwards: the state shares their arguments, results and custom data.
 *
 * Each call that changes a block also copies the list of blocks. `BlockFolder` does so only when it is asked for the
 * state: for events that come one by one, and screens of thousands of blocks.
 *
 * @param state a state that this function made, or a snapshot of the fold `blocks@1`
 * @param events in ascending order of `idx`
 */
export function reduceEvents(state: BlocksState, events: readonly TaskEvent[]): BlocksState {
  // A restored screen of thousands of blocks, to which nothing was added.
  if (events?.length === 0) return state
  const draft = drafts.get(state) ?? draftOf(state)
  applyEvents(draft, events)
  if (draft.state.next === state.next) return state
  // Taken: two futures of one state would write into each other's.
  drafts.delete(state)
  const result = stateOf(draft)
  drafts.set(result, draft)
  return result
}
