import fc from 'fast-check'
import { expect, it } from 'vitest'
import { initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { mergeChunks } from '../../src/log/merge-chunks.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'
import { arbitraryLog } from '../support/arbitrary-log.ts'

const id = fc.constantFrom(undefined, null, 'a', 'b')
const chunk = fc.record({
  type: fc.constantFrom('text_chunk', 'text_chunk', 'thinking_chunk'),
  data: fc.record({ id, content: fc.constantFrom('x', 'yz', '') }),
})
const boundary = fc.record({
  type: fc.constantFrom('text_start', 'text_end', 'thinking_end'),
  data: fc.record({ id }),
})
const chunks = fc
  .array(fc.oneof({ weight: 6, arbitrary: chunk }, { weight: 1, arbitrary: boundary }), { maxLength: 30 })
  .map((events) => events.map((event, idx): TaskEvent => ({ idx, ts: 0, ...event })))

it('leaves the blocks as they are, wherever batches are cut', () => {
  fc.assert(
    fc.property(fc.oneof(chunks, arbitraryLog), fc.nat(), (log, at) => {
      const cut = log.length === 0 ? 0 : at % log.length
      const batches = [log.slice(0, cut), log.slice(cut)]
      const merged = batches.reduce((state, batch) => reduceEvents(state, mergeChunks(batch)), initialBlocks)
      expect(merged).toEqual(reduceEvents(initialBlocks, log))
    }),
    { numRuns: 500 },
  )
})

it('makes two events of a run of chunks, however long', () => {
  const log = Array.from({ length: 100 }, (_, idx) => ({
    idx,
    ts: 0,
    type: 'text_chunk',
    data: { content: 'x' },
  }))
  expect(mergeChunks(log).map(({ idx }) => idx)).toEqual([0, 99])
})
