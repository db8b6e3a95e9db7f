import type { TaskEvent } from '../protocol/index.ts'
import { applyEvents } from './apply-events.ts'
import type { BlocksState } from './block.ts'
import { type BlockDraft, draftOf, stateOf } from './block-draft.ts'
import { initialBlocks } from './initial-blocks.ts'

/**
 * Folds a log as it comes, event by event if need be: as `reduceEvents` does, but a state is made only when one is asked
 * for. What an event costs does not depend on how many blocks there are.
 *
 * @example
 * const folder = new BlockFolder()
 * for (const event of page.events) folder.apply([event])
 * show(folder.state.blocks)
 */
export class BlockFolder {
  readonly #draft: BlockDraft
  #state: BlocksState

  /** @param state where to go on: a state of the fold `blocks@1`, which stays as it is; default: an empty log */
  constructor(state: BlocksState = initialBlocks) {
    this.#draft = draftOf(state)
    this.#state = state
  }

  /** Applies events in ascending order of `idx`; those below `state.next` are ignored. Never throws. */
  apply(events: readonly TaskEvent[]): void {
    applyEvents(this.#draft, events)
  }

  /** The state as it is now: immutable, and the same object until an event was applied. */
  get state(): BlocksState {
    if (this.#state.next !== this.#draft.state.next) this.#state = stateOf(this.#draft)
    return this.#state
  }
}
