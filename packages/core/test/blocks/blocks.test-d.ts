import {
  type Block,
  type BlockRow,
  type BlocksOutcome,
  type BlocksState,
  blockFold,
  type Fold,
  initialBlocks,
  reduceEvents,
  type StackedBlock,
  stackBlocks,
  type ThinkingBlock,
  type ToolBlock,
} from '@outlast/core/blocks'
import type { InputOutcome, TaskEvent, ToolStatus } from '@outlast/core/protocol'
import { expectTypeOf, test } from 'vitest'

type Fields<Type extends Block['type']> = keyof Extract<Block, { type: Type }>

test('a block is of one of nine kinds, and its kind says what it holds', () => {
  const kinds: { [Type in Block['type']]: Record<Exclude<Fields<Type>, 'type' | 'key' | 'start'>, true> } = {
    text: { id: true, content: true, open: true },
    thinking: { id: true, content: true, open: true },
    tool: {
      id: true,
      name: true,
      intent: true,
      status: true,
      argumentsText: true,
      arguments: true,
      output: true,
      result: true,
      message: true,
      progress: true,
    },
    payload: { operation: true, path: true, content: true, details: true },
    source: { url: true, title: true },
    file: { mediaType: true, url: true },
    input: { id: true, prompt: true, schema: true, expiresAt: true, outcome: true, value: true },
    error: { message: true, code: true },
    custom: { event: true, data: true },
  }
  void kinds
  expectTypeOf<Pick<Block, 'key' | 'start'>>().toEqualTypeOf<{
    readonly key: string
    readonly start: number
  }>()
  const block = {} as Block
  switch (block.type) {
    case 'text':
    case 'thinking':
      expectTypeOf(block.open).toEqualTypeOf<boolean>()
      break
    case 'tool':
      expectTypeOf(block.status).toEqualTypeOf<ToolStatus>()
      expectTypeOf(block.result).toEqualTypeOf<unknown>()
      break
    case 'payload':
      expectTypeOf(block.operation).toEqualTypeOf<'append' | 'modify'>()
      break
    case 'source':
      expectTypeOf(block.title).toEqualTypeOf<string | null>()
      break
    case 'file':
      expectTypeOf(block.mediaType).toEqualTypeOf<string>()
      break
    case 'input':
      expectTypeOf(block.outcome).toEqualTypeOf<InputOutcome | null>()
      break
    case 'error':
      expectTypeOf(block.code).toEqualTypeOf<string | null>()
      break
    case 'custom':
      expectTypeOf(block.data).toEqualTypeOf<unknown>()
      break
    default:
      expectTypeOf(block).toEqualTypeOf<never>()
  }
})

test('a state is never changed in place', () => {
  const state: BlocksState = initialBlocks
  expectTypeOf(state.blocks).toEqualTypeOf<readonly Block[]>()
  expectTypeOf(state.outcome).toEqualTypeOf<BlocksOutcome | null>()
  // @ts-expect-error read only
  state.next = 1
  // @ts-expect-error read only
  state.blocks.push()
})

test('folding goes from state to state', () => {
  expectTypeOf(reduceEvents).toEqualTypeOf<
    (state: BlocksState, events: readonly TaskEvent[]) => BlocksState
  >()
  expectTypeOf(blockFold).toEqualTypeOf<Fold<BlocksState>>()
  const counts: Fold<number> = {
    name: 'count@1',
    initial: 0,
    reduce: (state, events) => state + events.length,
  }
  expectTypeOf(counts).toExtend<Fold>()
  // @ts-expect-error the state after is of the type of the state before
  const wrong: Fold<number> = { name: 'count@1', initial: 0, reduce: (state) => String(state) }
  void wrong
})

test('rows hold single blocks, or stacks of thinking and tools', () => {
  const rows = stackBlocks([], [])
  expectTypeOf(rows).toEqualTypeOf<readonly BlockRow[]>()
  expectTypeOf<StackedBlock>().toEqualTypeOf<ThinkingBlock | ToolBlock>()
  const row = {} as BlockRow
  if (row.type === 'stack') expectTypeOf(row.blocks).toEqualTypeOf<readonly StackedBlock[]>()
  else expectTypeOf(row.block).toEqualTypeOf<Exclude<Block, StackedBlock>>()
})
