import type { Block, BlocksState } from './block.ts'
import { type BlockLookup, lookups, type OpenableBlock, register, takeLookup } from './block-lookup.ts'
import { copyState, type OwnState } from './copy-state.ts'
import { isOpen } from './is-open.ts'

/** The block of a type. */
export type BlockOf<Type extends Block['type']> = Extract<Block, { type: Type }>

/** What of a block its type and its place in the log do not say. */
type OwnFields<Type extends Block['type']> = Omit<BlockOf<Type>, 'type' | 'key' | 'start'>

/**
 * A state while one batch of events is applied to it. What the batch touches is copied once and then written in
 * place; everything else stays shared with the state that the batch began from.
 */
export interface BlockDraft {
  /** The blocks before the batch. Never written to. */
  readonly base: readonly Block[]
  readonly state: OwnState
  readonly lookup: BlockLookup
}

/** Begins a batch. */
export function beginBatch(before: BlocksState): BlockDraft {
  const state = copyState(before)
  return { base: state.blocks, state, lookup: takeLookup(state.blocks) }
}

/** Ends a batch: from now on its state is nobody's to write to. */
export function endBatch({ state, lookup }: BlockDraft): BlocksState {
  lookups.set(state.blocks, lookup)
  return state
}

/** The list of blocks, for writing: the batch's own copy. */
export function ownBlocks({ base, state }: BlockDraft): Block[] {
  if (state.blocks === base) state.blocks = base.slice()
  return state.blocks as Block[]
}

/** Adds a block at the end and answers its position; `id` makes its key. */
export function addBlock<Type extends Block['type']>(
  draft: BlockDraft,
  type: Type,
  start: number,
  fields: OwnFields<Type>,
  id: string | number = start,
): number {
  const block = { type, key: `${type}:${id}`, start, ...fields } as unknown as Block
  const position = ownBlocks(draft).push(block) - 1
  register(draft.lookup, block, position)
  return position
}

/** Sets fields of a block; one that has these values already is left alone and keeps its identity. */
export function patchBlock<Patched extends Block>(
  draft: BlockDraft,
  position: number,
  fields: Partial<Patched>,
): void {
  const block = draft.state.blocks[position] as Patched
  for (const name in fields) {
    if (block[name] !== fields[name]) {
      if (block === draft.base[position]) ownBlocks(draft)[position] = { ...block, ...fields }
      else Object.assign(block, fields)
      return
    }
  }
}

/** Position of the newest block of a type and id or, with `null` for an id, of the last that is open; -1 without any. */
export function findBlock<Type extends OpenableBlock['type']>(
  { state, lookup }: BlockDraft,
  type: Type,
  id: string | null,
): number {
  const positions = lookup[type].get(id) ?? []
  // Those closed or dropped since go now, so that each is looked at once and not once per event.
  for (; positions.length > 0; positions.pop()) {
    const position = positions.at(-1) ?? -1
    const block = state.blocks[position]
    if (block?.type === type && (id === null ? isOpen(block) : block.id === id)) return position
  }
  return -1
}

/** Closes every open block of a type; `fields` must be what closes one. */
export function closeBlocks<Type extends OpenableBlock['type']>(
  draft: BlockDraft,
  type: Type,
  fields: Partial<BlockOf<Type>>,
): void {
  for (let position = 0; position >= 0; ) {
    position = findBlock(draft, type, null)
    if (position >= 0) patchBlock<BlockOf<Type>>(draft, position, fields)
  }
}
