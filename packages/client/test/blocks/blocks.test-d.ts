import type { Block as ClientBlock, EventPage, TaskEvent } from '@outlast/client'
import type * as published from '@outlast/client/blocks'
import { blockFold, initialBlocks, reduceEvents, stackBlocks } from '@outlast/client/blocks'
import type * as core from '@outlast/core/blocks'
import { expectTypeOf, test } from 'vitest'

test('the blocks of the browser are the blocks of the server', () => {
  expectTypeOf<typeof published>().toEqualTypeOf<typeof core>()
  expectTypeOf<published.Block>().toEqualTypeOf<core.Block>()
  expectTypeOf<published.BlocksState>().toEqualTypeOf<core.BlocksState>()
  expectTypeOf<published.BlockRow>().toEqualTypeOf<core.BlockRow>()
  expectTypeOf<published.BlocksOutcome>().toEqualTypeOf<core.BlocksOutcome>()
  expectTypeOf<published.Fold<number>>().toEqualTypeOf<core.Fold<number>>()
  expectTypeOf<ClientBlock>().toEqualTypeOf<published.Block>()
})

test('a page of the client is folded as it is', () => {
  const page = {} as EventPage
  const state = reduceEvents(initialBlocks, page.events)
  expectTypeOf(state).toEqualTypeOf<published.BlocksState>()
  expectTypeOf(blockFold.reduce).parameters.toEqualTypeOf<
    [state: published.BlocksState, events: readonly TaskEvent[]]
  >()
  expectTypeOf(stackBlocks(state.blocks)).toEqualTypeOf<readonly published.BlockRow[]>()
  // @ts-expect-error texts are parsed first
  reduceEvents(initialBlocks, ['{}'])
})

test('every kind of block has its place on a screen', () => {
  const shown: Record<published.Block['type'], true> = {
    text: true,
    thinking: true,
    tool: true,
    payload: true,
    source: true,
    file: true,
    input: true,
    error: true,
    custom: true,
  }
  void shown
})
