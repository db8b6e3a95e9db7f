import type { BlocksState } from '../blocks/index.ts'
import type { Json, Snapshot } from '../store/index.ts'

/** A snapshot for an append, and what it weighs. */
export interface TakenSnapshot {
  readonly snapshot: Snapshot
  /** Characters of its text: counted when the text was made, else the least that it can have. */
  length(): number
}

/** JSON of the smallest block, in characters: its key, its start, its type and the names of its fields. */
const smallestBlock = 60

/** Characters that the JSON of a state has at least; a look at each block, and no text is made. */
function leastLength({ blocks }: BlocksState): number {
  let length = blocks.length * smallestBlock
  for (const block of blocks) if ('content' in block) length += block.content.length
  return length
}

/**
 * Has the engine join the pieces of texts that grew event by event: until somebody looks at a character, it keeps such
 * a text as a tree of its pieces, ten times as large.
 */
export function joinTexts({ blocks }: BlocksState): void {
  for (const block of blocks) if ('content' in block) block.content.charCodeAt(0)
}

/**
 * A snapshot whose text is made at once.
 *
 * @throws TypeError when the state has no JSON; also what a `toJSON` of it throws.
 */
export function eagerSnapshot(at: number, fold: string, state: unknown): TakenSnapshot {
  const json: unknown = JSON.stringify(state)
  if (typeof json !== 'string') throw new TypeError('the reducer returned a state that has no JSON')
  return { snapshot: { at, fold, state: json }, length: () => json.length }
}

/**
 * A snapshot whose text is made when it is first read. Most are replaced by the next one before any reader has asked, so
 * a store that keeps them in memory never pays for their texts.
 *
 * @param state plain JSON whatever the events were: nobody is there to hear that it is not. Never changed in place.
 */
export function lazySnapshot(at: number, fold: string, state: BlocksState): TakenSnapshot {
  const minBytes = leastLength(state)
  let unread: BlocksState | null = state
  let json: Json = ''
  const snapshot = {
    at,
    fold,
    minBytes,
    // An own property that is enumerable, so that a copy of the snapshot has it as well.
    get state() {
      if (unread !== null) json = JSON.stringify(unread)
      unread = null
      return json
    },
  }
  return { snapshot, length: () => (unread === null ? json.length : minBytes) }
}
