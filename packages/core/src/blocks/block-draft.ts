import type { Block, BlocksState, TextBlock } from './block.ts'
import { initialBlocks } from './initial-blocks.ts'

/** What of a block its type and its place in the log do not say. */
type OwnFields<Type extends Block['type']> = Omit<Extract<Block, { type: Type }>, 'type' | 'key' | 'start'>

/** A state while events are applied to it. */
export interface BlockDraft {
  readonly state: {
    -readonly [Name in keyof BlocksState]: Name extends 'blocks'
      ? BlocksState[Name] | null
      : BlocksState[Name]
  }
  /** The draft's own list; in the state the one that was last given out, `null` when a block has changed since. */
  readonly blocks: Block[]
  /** Positions of tools and questions by their key, so that no event has to search for its own. */
  readonly named: Map<string, number>
  /** Positions of the text and thinking that is open: few at a time. */
  readonly streams: number[]
}

/** Begins where a state has come to; fields that it lacks are as in the state of an empty log. */
export function draftOf(before: BlocksState): BlockDraft {
  const state = { ...initialBlocks, ...before }
  const draft: BlockDraft = { state, blocks: [], named: new Map(), streams: [] }
  for (const block of state.blocks) append(draft, block)
  return draft
}

/** The state as it is now, which the draft does not change any more. */
export function stateOf({ state, blocks }: BlockDraft): BlocksState {
  state.blocks ??= blocks.slice()
  return { ...state } as BlocksState
}

function append({ blocks, named, streams }: BlockDraft, block: Block): number {
  const position = blocks.push(block) - 1
  if ((block as TextBlock).open) streams.push(position)
  else if ('id' in block) named.set(block.key, position)
  return position
}

/** Puts a block in its place; those in a list that was given out stay. */
export function putBlock({ state, blocks }: BlockDraft, position: number, block: Block): void {
  blocks[position] = block
  state.blocks = null
}

/** Adds a block at the end and answers its position; `id` makes its key. */
export function addBlock<Type extends Block['type']>(
  draft: BlockDraft,
  type: Type,
  start: number,
  fields: OwnFields<Type>,
  id: string | number = start,
): number {
  draft.state.blocks = null
  return append(draft, { type, key: `${type}:${id}`, start, ...fields } as unknown as Block)
}

/** Sets what is told of a block: fields that are not `null`. It keeps its identity when that is what it says already. */
export function patchBlock<Patched extends Block>(
  draft: BlockDraft,
  position: number,
  told: { readonly [Name in keyof Patched]?: Patched[Name] | null | undefined },
): void {
  const before = draft.blocks[position] as Patched
  let block = before
  for (const name in told) {
    const value = told[name]
    if (value == null || value === block[name]) continue
    if (block === before) block = { ...before }
    block[name] = value
  }
  if (block !== before) putBlock(draft, position, block)
}

/** Closes all text and thinking. */
export function closeStreams(draft: BlockDraft): void {
  for (const position of draft.streams.splice(0)) patchBlock<TextBlock>(draft, position, { open: false })
}
