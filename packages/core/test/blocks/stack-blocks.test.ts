import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Block, initialBlocks, reduceEvents, stackBlocks } from '../../src/blocks/index.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'
import { arbitraryLog } from '../support/arbitrary-log.ts'

const state = (...types: readonly string[]) =>
  reduceEvents(
    initialBlocks,
    types.map((type, idx) => ({
      idx,
      type,
      data: { id: `id_${idx}`, content: 'x', url: 'u', name: 'n' },
      ts: 0,
    })),
  )

describe('rows', () => {
  it('stack thinking and tools that follow each other, and only those', () => {
    const { blocks } = state(
      'thinking_start',
      'tool_start',
      'tool_start',
      'text_start',
      'tool_start',
      'source',
    )
    const [thinking, first, second, text, third, source] = blocks
    expect(stackBlocks(blocks)).toEqual([
      { type: 'stack', key: 'stack:thinking:0', blocks: [thinking, first, second] },
      { type: 'block', key: 'text:3', block: text },
      { type: 'stack', key: 'stack:tool:id_4', blocks: [third] },
      { type: 'block', key: 'source:5', block: source },
    ])
  })

  it('hold every block once, in order, and never two stacks side by side', () => {
    fc.assert(
      fc.property(arbitraryLog, (log) => {
        const { blocks } = reduceEvents(initialBlocks, log)
        const rows = stackBlocks(blocks)
        expect(
          rows.flatMap((row): readonly Block[] => (row.type === 'block' ? [row.block] : row.blocks)),
        ).toEqual(blocks)
        expect(rows.some((row, at) => row.type === 'stack' && rows[at + 1]?.type === 'stack')).toBe(false)
        expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
      }),
    )
  })

  it('keep their identity while their blocks do', () => {
    const before = state('thinking_start', 'tool_start', 'text_start', 'tool_start')
    const rows = stackBlocks(before.blocks)
    const chunk: TaskEvent = { idx: 4, type: 'text_chunk', data: { content: '!' }, ts: 0 }
    const after = stackBlocks(reduceEvents(before, [chunk]).blocks, rows)
    expect(after[0]).toBe(rows[0])
    expect(after[1]).not.toBe(rows[1])
    expect(after[2]).toBe(rows[2])
    expect(stackBlocks(before.blocks, rows)).toBe(rows)
    expect(stackBlocks([], rows)).toEqual([])
  })

  it('keep the key of a stack while it grows', () => {
    const [before] = stackBlocks(state('tool_start').blocks)
    const [after] = stackBlocks(state('tool_start', 'tool_start').blocks)
    expect(after?.key).toBe(before?.key)
  })
})
