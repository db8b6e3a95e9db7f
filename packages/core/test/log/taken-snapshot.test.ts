import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type BlocksState, initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import { eagerSnapshot, joinTexts, lazySnapshot } from '../../src/log/taken-snapshot.ts'
import { arbitraryLog } from '../support/arbitrary-log.ts'

const stateOf = (content: string): BlocksState =>
  reduceEvents(initialBlocks, [{ idx: 0, ts: 0, type: 'text_chunk', data: { content } }])

describe('a lazy snapshot', () => {
  it('is what an eager one is, and at least as large as it said', () => {
    fc.assert(
      fc.property(arbitraryLog, (log) => {
        const state = reduceEvents(initialBlocks, log)
        const lazy = lazySnapshot(log.length, 'blocks@1', state)
        const said = lazy.length()
        joinTexts(state)
        const { minBytes, ...copy } = { ...lazy.snapshot }
        expect(copy).toEqual(eagerSnapshot(log.length, 'blocks@1', state).snapshot)
        expect(minBytes).toBe(said)
        expect(said).toBeLessThanOrEqual(Buffer.byteLength(copy.state))
        expect(lazy.length()).toBe(copy.state.length)
      }),
    )
  })

  it('makes its text when it is read, and only once', () => {
    const { snapshot } = lazySnapshot(1, 'blocks@1', stateOf('x'))
    const stringify = vi.spyOn(JSON, 'stringify')
    expect(stringify).not.toHaveBeenCalled()
    const texts = [snapshot.state, snapshot.state]
    const calls = stringify.mock.calls.length
    stringify.mockRestore()
    expect([calls, new Set(texts).size]).toEqual([1, 1])
  })
})

it.each([undefined, () => {}])('an eager snapshot of %s is refused', (state) => {
  expect(() => eagerSnapshot(0, 'own@1', state)).toThrow(TypeError)
})
