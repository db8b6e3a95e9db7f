import type { Block } from './block.ts'

/** A block that has an id, and begins open until a later event closes it. */
export type OpenableBlock = Extract<Block, { id: unknown }>

/**
 * Where blocks stand, so that no event has to search for its own: by type, and then by id; under `null` all of the type.
 * The newest position is the last. Those of blocks dropped since are still among them.
 */
export type BlockLookup = Record<OpenableBlock['type'], Map<string | null, number[]>>

/**
 * The lookups of lists that a batch has ended with: it goes on with the newest list, so that a log read in many short
 * batches costs no more than in one. A cache: a list without one, such as a restored snapshot's or one folded from twice,
 * gets a new one.
 */
export const lookups: WeakMap<readonly Block[], BlockLookup> = new WeakMap()

/** Takes the lookup of a list. The list has none afterwards: two futures of one state would write into each other's. */
export function takeLookup(blocks: readonly Block[]): BlockLookup {
  let lookup = lookups.get(blocks)
  if (!lookup) {
    lookup = { text: new Map(), thinking: new Map(), tool: new Map(), input: new Map() }
    for (const [position, block] of blocks.entries()) register(lookup, block, position)
  }
  lookups.delete(blocks)
  return lookup
}

/** Enters a block that stands at a position. */
export function register(lookup: BlockLookup, block: Block, position: number): void {
  if (!('id' in block)) return
  const positions = lookup[block.type]
  for (const name of [null, block.id]) {
    const known = positions.get(name)
    if (known) known.push(position)
    else positions.set(name, [position])
  }
}
