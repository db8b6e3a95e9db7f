import type { Block, ThinkingBlock, ToolBlock } from './block.ts'

/** A block that is shown in a stack with its neighbours: the steps between two pieces of the answer. */
export type StackedBlock = ThinkingBlock | ToolBlock

/** A row of the screen: one block, or a stack of thinking and tool blocks that follow each other. */
export type BlockRow =
  | { readonly type: 'block'; readonly key: string; readonly block: Exclude<Block, StackedBlock> }
  | { readonly type: 'stack'; readonly key: string; readonly blocks: readonly StackedBlock[] }

/**
 * Groups adjacent thinking and tool blocks into stacks, also a single one, so that a row keeps its key and its kind
 * while its stack grows.
 *
 * @param previous the rows shown before; those whose blocks are the same objects keep their identity
 */
export function stackBlocks(
  blocks: readonly Block[],
  previous: readonly BlockRow[] = [],
): readonly BlockRow[] {
  const rows: BlockRow[] = []
  let stack: StackedBlock[] | null = null
  for (const block of blocks) {
    if (block.type !== 'thinking' && block.type !== 'tool') {
      stack = null
      rows.push({ type: 'block', key: block.key, block })
    } else if (stack) stack.push(block)
    else {
      stack = [block]
      rows.push({ type: 'stack', key: `stack:${block.key}`, blocks: stack })
    }
  }
  const kept = rows.map((row, position) => {
    const before = previous[position]
    return before && isSameRow(before, row) ? before : row
  })
  const unchanged =
    kept.length === previous.length && kept.every((row, position) => row === previous[position])
  return unchanged ? previous : kept
}

function isSameRow(before: BlockRow, row: BlockRow): boolean {
  if (before.type === 'block' || row.type === 'block') {
    return before.type === 'block' && row.type === 'block' && before.block === row.block
  }
  return (
    before.blocks.length === row.blocks.length &&
    before.blocks.every((block, position) => block === row.blocks[position])
  )
}
