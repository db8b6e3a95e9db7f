import { describe, expect, it } from 'vitest'
import { BlockFolder, initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'

const chunk = (idx: number, content: string): TaskEvent => ({
  idx,
  type: 'text_chunk',
  data: { content },
  ts: 0,
})
const progress = (idx: number): TaskEvent => ({ idx, type: 'progress', data: { done: 1, total: 2 }, ts: 0 })

describe('a folder of blocks', () => {
  it('begins with an empty log, or where a state has come to', () => {
    expect(new BlockFolder().state).toBe(initialBlocks)
    const state = reduceEvents(initialBlocks, [chunk(0, 'a')])
    const folder = new BlockFolder(state)
    expect(folder.state).toBe(state)
    folder.apply([chunk(0, 'again'), chunk(1, 'b')])
    expect(folder.state).toMatchObject({ next: 2, blocks: [{ content: 'ab' }] })
    expect(state).toMatchObject({ next: 1, blocks: [{ content: 'a' }] })
  })

  it('answers the same state until an event was applied, and the same list until a block changed', () => {
    const folder = new BlockFolder()
    folder.apply([chunk(0, 'a')])
    const first = folder.state
    folder.apply([])
    folder.apply([chunk(0, 'again')])
    folder.apply(null as unknown as TaskEvent[])
    expect(folder.state).toBe(first)
    folder.apply([progress(1)])
    expect(folder.state).not.toBe(first)
    expect(folder.state.blocks).toBe(first.blocks)
    folder.apply([{ idx: 2, type: 'x_own', data: {}, ts: 0 }])
    expect(folder.state.blocks).not.toBe(first.blocks)
    expect(folder.state.blocks[0]).toBe(first.blocks[0])
    expect(first.blocks).toHaveLength(1)
  })

  it('has plain states: real arrays and fields that every copy has', () => {
    const folder = new BlockFolder()
    folder.apply([chunk(0, 'a'), progress(1)])
    const { state } = folder
    expect(Array.isArray(state.blocks)).toBe(true)
    for (const copy of [{ ...state }, structuredClone(state), JSON.parse(JSON.stringify(state))])
      expect(copy).toStrictEqual(state)
  })
})

describe('folding event by event', () => {
  it('costs the same however many blocks there are', () => {
    const time = (blocks: number): number => {
      const folder = new BlockFolder()
      folder.apply(Array.from({ length: blocks }, (_, idx) => ({ idx, type: 'x_own', data: {}, ts: 0 })))
      const began = performance.now()
      for (let idx = blocks; idx < blocks + 5_000; idx++) folder.apply([chunk(idx, 'word ')])
      return performance.now() - began
    }
    time(100)
    const few = Math.min(time(100), time(100), time(100))
    const many = Math.min(time(100_000), time(100_000), time(100_000))
    // Copying the list for each would make it a hundred times as much.
    expect(many).toBeLessThan(20 * few + 20)
  })
})
