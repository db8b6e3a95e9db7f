import { describe, expect, it } from 'vitest'
import { type BlocksState, blockFold, initialBlocks, reduceEvents } from '../../src/blocks/index.ts'
import type { TaskEvent } from '../../src/protocol/index.ts'

type Emitted = readonly [type: string, data?: unknown]

const log = (...emitted: readonly Emitted[]): TaskEvent[] =>
  emitted.map(([type, data = {}], idx) => ({ idx, type, data, ts: 0 }))
const fold = (...emitted: readonly Emitted[]) => reduceEvents(initialBlocks, log(...emitted))
const blocks = (...emitted: readonly Emitted[]) => fold(...emitted).blocks

describe('text and thinking', () => {
  it('gather their chunks between start and end', () => {
    expect(
      blocks(
        ['text_start'],
        ['text_chunk', { content: 'Hel' }],
        ['text_chunk', { content: 'lo' }],
        ['text_end'],
      ),
    ).toEqual([{ type: 'text', key: 'text:0', start: 0, id: null, content: 'Hello', open: false }])
  })

  it('are opened by a chunk when nothing is open', () => {
    expect(blocks(['thinking_chunk', { content: 'hm' }])).toEqual([
      { type: 'thinking', key: 'thinking:0', start: 0, id: null, content: 'hm', open: true },
    ])
  })

  it('without ids mean the last open block of their type, also past other blocks', () => {
    const result = blocks(
      ['text_chunk', { id: 'a', content: '1' }],
      ['text_chunk', { id: 'b', content: '2' }],
      ['thinking_chunk', { content: 'hm' }],
      ['tool_start', { id: 'call', name: 'search' }],
      ['text_chunk', { content: '3' }],
      ['text_end'],
      ['text_chunk', { content: '4' }],
    )
    expect(result).toMatchObject([
      { type: 'text', content: '14', open: true },
      { type: 'text', content: '23', open: false },
      { type: 'thinking', content: 'hm', open: true },
      { type: 'tool' },
    ])
  })

  it('with ids run side by side', () => {
    const result = blocks(
      ['text_start', { id: 'a' }],
      ['text_start', { id: 'b' }],
      ['text_start', { id: 'a' }],
      ['text_chunk', { id: 'a', content: 'A' }],
      ['text_chunk', { id: 'b', content: 'B' }],
      ['text_end', { id: 'a' }],
    )
    expect(result).toMatchObject([
      { id: 'a', content: 'A', open: false },
      { id: 'b', content: 'B', open: true },
    ])
  })

  it('make a new block with a key of its own when an id comes back after its end', () => {
    const result = blocks(
      ['text_chunk', { id: 'a', content: 'first' }],
      ['text_end', { id: 'a' }],
      ['text_chunk', { id: 'a', content: 'second' }],
    )
    expect(result).toMatchObject([
      { key: 'text:0', content: 'first', open: false },
      { key: 'text:2', content: 'second', open: true },
    ])
  })

  it('do not take an id of one type for that of another', () => {
    expect(
      blocks(['text_chunk', { id: 'a', content: 'T' }], ['thinking_chunk', { id: 'a', content: 'H' }]),
    ).toMatchObject([{ content: 'T' }, { content: 'H' }])
  })

  it('are replaced by the full content of their end, which may also stand alone', () => {
    expect(
      blocks(
        ['text_chunk', { content: 'Helo' }],
        ['text_end', { full_content: 'Hello' }],
        ['thinking_end', { full_content: 'all at once' }],
        ['text_end'],
      ),
    ).toMatchObject([
      { type: 'text', content: 'Hello', open: false },
      { type: 'thinking', content: 'all at once', open: false },
    ])
  })

  it('are closed by the start of another message, which tools are not', () => {
    const state = fold(
      ['ai_message_start', { message_id: 'one' }],
      ['thinking_chunk', { content: 'hm' }],
      ['text_chunk', { content: 'a' }],
      ['tool_start', { id: 'call', name: 'search' }],
      ['ai_message_start', { message_id: 'two' }],
      ['text_chunk', { content: 'b' }],
    )
    expect(state.messageId).toBe('two')
    expect(state.blocks).toMatchObject([
      { content: 'hm', open: false },
      { content: 'a', open: false },
      { status: 'running' },
      { content: 'b', open: true },
    ])
  })
})

describe('a tool', () => {
  it('goes from intent to result in one block', () => {
    const result = blocks(
      ['tool_intent', { id: 'call', name: 'search', intent: 'Find it' }],
      ['tool_preparing', { id: 'call', name: 'search', arguments_delta: '{"q":' }],
      ['tool_preparing', { id: 'call', name: 'search', arguments_delta: '1}' }],
      ['tool_start', { id: 'call', name: 'search', arguments: { q: 1 } }],
      ['update_action', { id: 'call', status: 'running', message: 'half', progress: 0.5, result: ['one'] }],
      ['update_action', { id: 'call', status: 'completed', result: ['one', 'two'] }],
    )
    expect(result).toEqual([
      {
        type: 'tool',
        key: 'tool:call',
        start: 0,
        id: 'call',
        name: 'search',
        intent: 'Find it',
        status: 'completed',
        argumentsText: '{"q":1}',
        arguments: { q: 1 },
        output: ['one'],
        result: ['one', 'two'],
        message: 'half',
        progress: 0.5,
      },
    ])
  })

  it('has its latest interim result as output, and a result only with its final status', () => {
    const start: Emitted = ['tool_start', { id: 'call', name: 'search' }]
    const early: Emitted = ['update_action', { id: 'call', status: 'preparing', result: 'early' }]
    const partial: Emitted = ['update_action', { id: 'call', status: 'running', result: ['one'] }]
    const message: Emitted = ['update_action', { id: 'call', status: 'running', message: 'on' }]
    const done: Emitted = ['update_action', { id: 'call', status: 'completed', result: ['one', 'two'] }]
    const failed: Emitted = ['update_action', { id: 'call', status: 'failed', message: 'no' }]
    expect(blocks(start)).toMatchObject([{ output: null, result: null }])
    expect(blocks(early)).toMatchObject([{ output: 'early', result: null }])
    expect(blocks(start, early, partial, message)).toMatchObject([{ output: ['one'], result: null }])
    expect(blocks(start, partial, done)).toMatchObject([{ output: ['one'], result: ['one', 'two'] }])
    expect(blocks(start, partial, failed)).toMatchObject([{ output: ['one'], result: null }])
    expect(blocks(start, done, partial)).toMatchObject([{ output: null, result: ['one', 'two'] }])
    expect(blocks(start, partial, ['task_complete', { status: 'canceled' }])).toMatchObject([
      { status: 'canceled', output: ['one'], result: null },
    ])
  })

  it('that was never announced is made by its update, and named when a name comes', () => {
    const update: Emitted = ['update_action', { id: 'call', status: 'completed', result: 'done' }]
    expect(blocks(update)).toMatchObject([{ name: '', status: 'completed', result: 'done' }])
    expect(blocks(update, ['tool_start', { id: 'call', name: 'search', arguments: 1 }])).toMatchObject([
      { name: 'search', status: 'completed', arguments: 1, result: 'done' },
    ])
  })

  it('never leaves its first final status, nor the result and message that came with it', () => {
    const canceled: Emitted = [
      'update_action',
      { id: 'call', status: 'canceled', message: 'cancelled by user' },
    ]
    expect(
      blocks(
        ['tool_start', { id: 'call', name: 'search' }],
        canceled,
        ['update_action', { id: 'call', status: 'completed', result: 'too late', message: 'too late' }],
        ['tool_preparing', { id: 'call', name: 'search' }],
      ),
    ).toMatchObject([{ status: 'canceled', message: 'cancelled by user', result: null }])
  })

  it('does not go back from running when its arguments come late', () => {
    expect(
      blocks(
        ['tool_start', { id: 'a', name: 's' }],
        ['tool_preparing', { id: 'a', name: 's', arguments_delta: '{' }],
      ),
    ).toMatchObject([{ status: 'running', argumentsText: '{' }])
  })

  it('keeps to its own block among others', () => {
    const ids = Array.from({ length: 50 }, (_, at) => `call_${at}`)
    const result = blocks(
      ...ids.map((id): Emitted => ['tool_start', { id, name: 'search' }]),
      ...ids.toReversed().map((id): Emitted => ['update_action', { id, status: 'completed', result: id }]),
    )
    expect(result.map((block) => block.type === 'tool' && block.result)).toEqual(ids)
  })

  it('takes what any of its events says', () => {
    expect(
      blocks(
        ['update_action', { id: 'call', status: 'running', name: 'search', intent: 'Find it' }],
        ['tool_preparing', { id: 'call', name: 'search', message: 'soon', progress: 0.1 }],
      ),
    ).toMatchObject([
      { name: 'search', intent: 'Find it', status: 'running', message: 'soon', progress: 0.1 },
    ])
  })

  it('of an unknown status keeps the one it has', () => {
    expect(
      blocks(
        ['tool_start', { id: 'a', name: 's' }],
        ['update_action', { id: 'a', status: 'gone', message: 'm' }],
      ),
    ).toMatchObject([{ status: 'running', message: 'm' }])
  })
})

describe('payloads', () => {
  it('of one path that follow each other are one block, with the latest of each other field', () => {
    expect(
      blocks(
        ['append_payload', { path: 'a.md', content: 'one ', language: 'markdown', step: 1 }],
        ['append_payload', { path: 'a.md', content: 'two', step: 2 }],
        ['append_payload', { path: 'b.md', content: 'b' }],
        ['append_payload', { path: 'a.md', content: 'three' }],
      ),
    ).toEqual([
      {
        type: 'payload',
        key: 'payload:0',
        start: 0,
        operation: 'append',
        path: 'a.md',
        content: 'one two',
        details: { language: 'markdown', step: 2 },
      },
      {
        type: 'payload',
        key: 'payload:2',
        start: 2,
        operation: 'append',
        path: 'b.md',
        content: 'b',
        details: {},
      },
      {
        type: 'payload',
        key: 'payload:3',
        start: 3,
        operation: 'append',
        path: 'a.md',
        content: 'three',
        details: {},
      },
    ])
  })

  it('that modify stand alone', () => {
    expect(
      blocks(
        ['append_payload', { path: 'a.md', content: 'one' }],
        ['modify_payload', { path: 'a.md', replace: 'one', by: 'two' }],
        ['modify_payload', { path: 'a.md', content: 'three' }],
        ['append_payload', { path: 'a.md', content: 'four' }],
      ),
    ).toMatchObject([
      { operation: 'append', content: 'one' },
      { operation: 'modify', content: '', details: { replace: 'one', by: 'two' } },
      { operation: 'modify', content: 'three', details: {} },
      { operation: 'append', content: 'four' },
    ])
  })
})

describe('the other blocks', () => {
  it('are sources, files, errors and events of the application, in order', () => {
    expect(
      blocks(
        ['source', { url: 'https://example.org', title: 'Example' }],
        ['source', { url: 'https://example.org' }],
        ['file', { media_type: 'image/png', url: 'data:,' }],
        ['error', { message: 'broken', code: 'runner_error' }],
        ['x_chart', { points: [1, 2] }],
        ['hologram', 'from a newer version'],
      ),
    ).toEqual([
      { type: 'source', key: 'source:0', start: 0, url: 'https://example.org', title: 'Example' },
      { type: 'source', key: 'source:1', start: 1, url: 'https://example.org', title: null },
      { type: 'file', key: 'file:2', start: 2, mediaType: 'image/png', url: 'data:,' },
      { type: 'error', key: 'error:3', start: 3, message: 'broken', code: 'runner_error' },
      { type: 'custom', key: 'custom:4', start: 4, event: 'x_chart', data: { points: [1, 2] } },
      { type: 'custom', key: 'custom:5', start: 5, event: 'hologram', data: 'from a newer version' },
    ])
  })

  it('hold a question until its first answer', () => {
    const request: Emitted = [
      'input_request',
      { id: 'name', prompt: 'Who?', schema: { type: 'string' }, expires_at: 9.5 },
    ]
    const open = {
      type: 'input',
      key: 'input:name',
      start: 0,
      id: 'name',
      prompt: 'Who?',
      schema: { type: 'string' },
      expiresAt: 9.5,
      outcome: null,
      value: null,
    }
    expect(blocks(request)).toEqual([open])
    expect(
      blocks(
        request,
        ['input_response', { id: 'name', outcome: 'answered', value: 'Ada' }],
        ['input_response', { id: 'name', outcome: 'expired' }],
        request,
        ['input_response', { id: 'other', outcome: 'answered' }],
      ),
    ).toEqual([{ ...open, outcome: 'answered', value: 'Ada' }])
  })
})

describe('the fields of the state', () => {
  it('hold the latest progress, usage and conversation', () => {
    const state = fold(
      ['progress', { done: 1, total: 3, unit: 'images' }],
      ['progress', { done: 2, total: 3 }],
      ['token_update', { input: 1, output: 1, total: 2 }],
      ['token_update', { input: 5, output: 6, total: 11, cached: 3 }],
      ['conversation_resolved', { conversation_id: 'c1', title: 'Hello' }],
      ['conversation_resolved', { conversation_id: 'c1' }],
    )
    expect(state).toEqual({
      ...initialBlocks,
      next: 6,
      progress: { done: 2, total: 3, unit: null, message: null, eta_ms: null },
      usage: { input: 5, output: 6, total: 11, cached: 3 },
      conversationId: 'c1',
      title: 'Hello',
    })
  })

  it('hold the first outcome', () => {
    const state = fold(
      ['task_complete', { status: 'failed', error: 'no', code: 'timeout' }],
      ['task_complete', { status: 'succeeded', result: 1 }],
    )
    expect(state.outcome).toEqual({
      status: 'failed',
      reason: null,
      actor: null,
      error: 'no',
      code: 'timeout',
      result: null,
    })
  })
})

describe('the end of a task', () => {
  const open: readonly Emitted[] = [
    ['thinking_chunk', { content: 'hm' }],
    ['text_chunk', { id: 'a', content: 'x' }],
    ['tool_intent', { id: 'one', name: 's', intent: '' }],
    ['tool_start', { id: 'two', name: 's' }],
    ['update_action', { id: 'three', status: 'completed' }],
    ['input_request', { id: 'name', prompt: 'Who?' }],
  ]

  it.each([
    ['canceled', 'canceled'],
    ['failed', 'failed'],
    ['succeeded', 'canceled'],
  ])('that was %s closes what is still open, tools as %s', (status, toolStatus) => {
    const message = 'The task ended before this tool did.'
    expect(blocks(...open, ['task_complete', { status }])).toMatchObject([
      { type: 'thinking', open: false },
      { type: 'text', open: false },
      { status: toolStatus, message },
      { status: toolStatus, message },
      { status: 'completed', message: null },
      { type: 'input', outcome: 'canceled' },
    ])
  })

  it('is taken back by the reset of an attempt, with what began at or after its idx', () => {
    const state = fold(
      ['tool_start', { id: 'kept', name: 's' }],
      ['text_chunk', { content: 'lost' }],
      ['tool_start', { id: 'retried', name: 's' }],
      ['update_action', { id: 'retried', status: 'failed' }],
      ['task_complete', { status: 'failed' }],
      ['attempt_reset', { attempt: 2, keep_before: 1 }],
      ['tool_start', { id: 'retried', name: 's' }],
      ['text_chunk', { content: 'anew' }],
    )
    expect(state.outcome).toBeNull()
    expect(state.blocks).toMatchObject([
      { key: 'tool:kept' },
      { key: 'tool:retried', start: 6, status: 'running' },
      { key: 'text:7', content: 'anew' },
    ])
  })
})

it('forgets every block when an attempt keeps nothing', () => {
  expect(
    blocks(['x_own'], ['text_chunk', { content: 'a' }], ['attempt_reset', { attempt: 2, keep_before: -5 }]),
  ).toEqual([])
})

describe('reading on', () => {
  it('ignores what was applied before and goes on behind a gap', () => {
    const state = fold(['text_chunk', { content: 'a' }], ['text_chunk', { content: 'b' }])
    const chunk = (idx: number, content: string): TaskEvent => ({
      idx,
      type: 'text_chunk',
      data: { content },
      ts: 0,
    })
    const later = reduceEvents(state, [chunk(1, 'again'), chunk(7, 'c'), chunk(3, 'out of order')])
    expect(later).toMatchObject({ next: 8, blocks: [{ content: 'abc' }] })
  })

  it('goes on from a snapshot that lacks a field as if that had never been set', () => {
    const state = reduceEvents({ next: 1, blocks: [] } as unknown as BlocksState, [
      { idx: 1, type: 'progress', data: { done: 1, total: 2 }, ts: 0 },
    ])
    expect(state).toEqual({
      ...initialBlocks,
      next: 2,
      progress: { done: 1, total: 2, unit: null, message: null, eta_ms: null },
    })
  })

  it('answers the same state when there was nothing to apply', () => {
    const state = fold(['text_chunk', { content: 'a' }])
    expect(reduceEvents(state, [])).toBe(state)
    expect(reduceEvents(state, log(['text_chunk', { content: 'a' }]))).toBe(state)
  })

  it('shares every block that did not change, and the list when none did', () => {
    const state = fold(
      ['text_chunk', { content: 'a' }],
      ['text_end'],
      ['tool_start', { id: 'call', name: 's' }],
    )
    const [text, tool] = state.blocks
    const update = { idx: 3, type: 'update_action', data: { id: 'call', status: 'completed' }, ts: 0 }
    const after = reduceEvents(state, [update])
    expect(after.blocks[0]).toBe(text)
    expect(after.blocks[1]).not.toBe(tool)
    const again = reduceEvents(after, [
      { ...update, idx: 4 },
      { idx: 5, type: 'progress', data: { done: 1, total: 2 }, ts: 0 },
    ])
    expect(again.next).toBe(6)
    expect(again.blocks).toBe(after.blocks)
    const reset = { idx: 6, type: 'attempt_reset', data: { attempt: 2, keep_before: 3 }, ts: 0 }
    expect(reduceEvents(again, [reset]).blocks).toBe(after.blocks)
  })

  it('shares the list of a state that was restored when no block changed', () => {
    const restored: BlocksState = JSON.parse(JSON.stringify(fold(['text_chunk', { content: 'a' }])))
    const after = reduceEvents(restored, [{ idx: 1, type: 'progress', data: { done: 1, total: 2 }, ts: 0 }])
    expect(after.blocks).toBe(restored.blocks)
  })

  it('spends the idx of an event that it cannot read', () => {
    const state = fold(
      ['text_chunk', { content: 7 }],
      ['progress', null],
      ['file', []],
      ['error', 'x'],
      ['tool_start'],
      ['token_update', [1, 2, 3]],
      ['token_update', 'many'],
    )
    expect(state).toEqual({ ...initialBlocks, next: 7 })
    const odd = [Number.MAX_VALUE, -1, 0.5, null, '0'].map((idx) => ({
      idx,
      type: 'x',
      data: 1,
      ts: 0,
    }))
    expect(reduceEvents(state, odd as TaskEvent[])).toBe(state)
  })
})

it('is the fold that a manager uses unless told otherwise', () => {
  expect(blockFold.name).toBe('blocks@1')
  expect(blockFold.reduce(blockFold.initial, log(['x_own']))).toEqual(fold(['x_own']))
})
