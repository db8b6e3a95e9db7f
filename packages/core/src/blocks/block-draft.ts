import type { Block, BlocksState } from './block.ts'

type Mutable<T> = T extends unknown ? { -readonly [Name in keyof T]: T[Name] } : never
type BlockOf<Type extends Block['type']> = Extract<Block, { type: Type }>

/** Types of the blocks that begin open and are closed by a later event. */
type OpenableType = 'text' | 'thinking' | 'tool' | 'input'

/** Where the blocks of one type stand, so that no event has to search for its block. */
interface Positions {
  /** The newest block of each id. */
  readonly byId: Map<string | null, number>
  /** The open ones, in order; those closed or dropped since are still among them. */
  readonly open: number[]
}

type Lookup = Readonly<Record<OpenableType, Positions>>

/**
 * A state while one batch of events is applied to it. What the batch touches is copied once and then written in
 * place; everything else stays shared with the state that the batch began from.
 */
export interface BlockDraft {
  /** The blocks before the batch. Never written to. */
  readonly base: readonly Block[]
  readonly state: Mutable<BlocksState>
  readonly lookup: Lookup
}

// The lookup goes on with the newest list of blocks, so that a log read in many short batches costs no more than
// in one. It is a cache: a list without one, such as a restored snapshot's or one folded from twice, gets a new one.
const lookups = new WeakMap<readonly Block[], Lookup>()

/** Begins a batch. */
export function beginBatch(state: BlocksState): BlockDraft {
  const base = state.blocks
  const lookup = lookups.get(base) ?? lookupOf(base)
  // Taken away, not shared: two futures of one state would write into each other's.
  lookups.delete(base)
  return { base, state: { ...state }, lookup }
}

/** Ends a batch: from now on its state is nobody's to write to. */
export function endBatch({ state, lookup }: BlockDraft): BlocksState {
  lookups.set(state.blocks, lookup)
  return state
}

/** The list of blocks, for writing: the batch's own copy. */
function ownBlocks({ base, state }: BlockDraft): Block[] {
  if (state.blocks === base) state.blocks = base.slice()
  return state.blocks as Block[]
}

/** The block at a position, for writing: the batch's own copy. */
export function ownBlock(draft: BlockDraft, position: number): Mutable<Block> | undefined {
  const blocks = ownBlocks(draft)
  const block = blocks[position]
  if (!block || block !== draft.base[position]) return block
  const copy = { ...block }
  blocks[position] = copy
  return copy
}

/** Adds a block at the end and answers its position. */
export function addBlock(draft: BlockDraft, block: Block): number {
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
  const block = draft.state.blocks[position] as Patched | undefined
  for (const name in fields) {
    if (block?.[name] !== fields[name]) {
      Object.assign(ownBlock(draft, position) ?? {}, fields)
      return
    }
  }
}

/** Drops the blocks that began at or after an idx: the last ones, since blocks stand in the order of their start. */
export function dropBlocks(draft: BlockDraft, start: number): void {
  for (let last = draft.state.blocks.at(-1); last && last.start >= start; last = draft.state.blocks.at(-1)) {
    ownBlocks(draft).pop()
  }
}

/** Position of the newest block of a type and id, or -1. */
export function findBlock({ state, lookup }: BlockDraft, type: OpenableType, id: string): number {
  const position = lookup[type].byId.get(id) ?? -1
  const block = state.blocks[position]
  // A dropped block leaves its entry behind, which then points nowhere or at another block.
  return block?.type === type && block.id === id ? position : -1
}

/** Position of the last block of a type that is still open, or -1. */
export function lastOpen({ state, lookup }: BlockDraft, type: OpenableType): number {
  const { open } = lookup[type]
  // Those closed or dropped since go now, so that each is looked at once and not once per event.
  while (open.length > 0 && !isOpen(state.blocks[open.at(-1) ?? -1], type)) open.pop()
  return open.at(-1) ?? -1
}

/** Closes every open block of a type; `fields` must be what closes one. */
export function closeBlocks<Type extends OpenableType>(
  draft: BlockDraft,
  type: Type,
  fields: Partial<BlockOf<Type>>,
): void {
  for (let position = lastOpen(draft, type); position >= 0; position = lastOpen(draft, type)) {
    patchBlock<BlockOf<Type>>(draft, position, fields)
  }
}

/** Whether there is a block, of this type and open. */
export function isOpen(block: Block | undefined, type: OpenableType): boolean {
  if (block?.type !== type) return false
  if (block.type === 'tool') return block.status === 'preparing' || block.status === 'running'
  return block.type === 'input' ? block.outcome === null : block.open
}

const noPositions = (): Positions => ({ byId: new Map(), open: [] })

function lookupOf(blocks: readonly Block[]): Lookup {
  const lookup = { text: noPositions(), thinking: noPositions(), tool: noPositions(), input: noPositions() }
  for (const [position, block] of blocks.entries()) register(lookup, block, position)
  return lookup
}

function register(lookup: Lookup, block: Block, position: number): void {
  if (!('id' in block)) return
  const { byId, open } = lookup[block.type]
  byId.set(block.id, position)
  if (isOpen(block, block.type)) open.push(position)
}
