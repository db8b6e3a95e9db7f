import { type BlocksState, initialBlocks, reduceEvents } from '@outlast/core/blocks'
import type { TaskEvent } from '@outlast/core/protocol'
import type { UIMessageChunk } from 'ai'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currentParts } from '../../src/ai-sdk/index.ts'
import { MessageWriter, type WrittenSnapshot } from '../../src/ai-sdk/message-writer.ts'
import { TaskClientError } from '../../src/index.ts'
import { arbitraryEvents, arbitraryGarbage } from './arbitrary-events.ts'
import { expectValid, readChunks } from './read-chunks.ts'
import { expectedParts, shownParts } from './shown-parts.ts'

function snapshotOf(state: BlocksState, fields: Partial<WrittenSnapshot> = {}): WrittenSnapshot {
  const reading = { taskId: 't1', task: null, truncated: false, connection: 'live', error: null } as const
  return { ...state, ...reading, messageId: state.messageId ?? 't1', ...fields }
}

type Entry = readonly [type: string, data: object]

const log = (...entries: Entry[]): TaskEvent[] =>
  entries.map(([type, data], idx) => ({ idx, type, data, ts: 1 }))

/** Writes a log, cut into pages after these numbers of events, some met by trouble if so; stops where the message ends. */
function write(
  events: readonly TaskEvent[],
  cuts: readonly number[],
  writer: MessageWriter = new MessageWriter(),
  isShaky = false,
): { chunks: UIMessageChunk[]; state: BlocksState } {
  const chunks: UIMessageChunk[] = []
  let state = initialBlocks
  for (const cut of [...cuts, events.length].sort((left, right) => left - right)) {
    state = reduceEvents(state, events.slice(state.next, cut))
    const written = writer.write(
      snapshotOf(state, { connection: isShaky && cut % 2 === 0 ? 'retrying' : 'live' }),
    )
    chunks.push(...written.chunks)
    if (written.ended) break
  }
  return { chunks, state }
}

/** Every event a page of its own. */
const live = (...entries: Entry[]): UIMessageChunk[] =>
  write(
    log(...entries),
    entries.map((_, position) => position),
  ).chunks

const typesOf = (chunks: readonly UIMessageChunk[]): string[] => chunks.map(({ type }) => type)

const running: Entry = ['tool_start', { id: 'c1', name: 'search', arguments: { q: 'x' } }]

const cuts = fc.array(fc.nat(30), { maxLength: 12 })

describe('the chunks of any log', () => {
  it('pass the schema of the SDK, whose reader then shows what the blocks show, wherever the log is cut', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryEvents, cuts, async (events, pages) => {
        const { chunks, state } = write(events, pages, new MessageWriter(), true)
        await expectValid(chunks)
        expect(shownParts(await readChunks(chunks))).toEqual(expectedParts(state.blocks))
      }),
      { numRuns: 400 },
    )
  })

  it('pass the schema and can be read, whatever stands in the log', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryGarbage, cuts, async (events, pages) => {
        const { chunks, state } = write(events, pages, new MessageWriter(), true)
        await expectValid(chunks)
        expect(shownParts(await readChunks(chunks))).toEqual(expectedParts(state.blocks))
      }),
      { numRuns: 300 },
    )
  })

  it('lead to another log when the first one was lost', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryEvents, arbitraryEvents, cuts, async (lost, events, pages) => {
        const writer = new MessageWriter()
        const begun = write(
          lost.filter(({ type }) => type !== 'task_complete'),
          pages,
          writer,
        )
        const { chunks, state } = write(events, pages, writer)
        const all = [...begun.chunks, ...chunks]
        await expectValid(all)
        expect(shownParts(await readChunks(all))).toEqual(expectedParts(state.blocks))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a message', () => {
  it("streams text, thinking and a tool, and ends with the model's reason and the tokens", () => {
    const chunks = live(
      ['ai_message_start', { message_id: 'm1' }],
      ['thinking_chunk', { content: 'Hm' }],
      ['thinking_end', {}],
      ['tool_preparing', { id: 'c1', name: 'search', intent: 'Looking', arguments_delta: '{"q":' }],
      ['tool_preparing', { id: 'c1', name: 'search', arguments_delta: '"x"}' }],
      running,
      ['update_action', { id: 'c1', status: 'running', message: '1 of 2' }],
      ['update_action', { id: 'c1', status: 'running', result: ['one'] }],
      ['update_action', { id: 'c1', status: 'completed', result: ['one', 'two'] }],
      ['text_chunk', { content: 'Hel' }],
      ['text_chunk', { content: 'lo' }],
      ['token_update', { input: 1, output: 2, total: 3 }],
      ['text_end', {}],
      ['task_complete', { status: 'succeeded', result: { finishReason: 'length' } }],
    )
    const call = { toolCallId: 'c1', toolName: 'search', title: 'Looking' }
    expect(chunks).toEqual([
      { type: 'start', messageId: 'm1', messageMetadata: { taskId: 't1' } },
      { type: 'start-step' },
      { type: 'reasoning-start', id: 'thinking:1' },
      { type: 'reasoning-delta', id: 'thinking:1', delta: 'Hm' },
      { type: 'reasoning-end', id: 'thinking:1' },
      { type: 'tool-input-start', ...call },
      { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{"q":' },
      { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '"x"}' },
      { type: 'tool-input-available', ...call, input: { q: 'x' } },
      {
        type: 'data-tool-progress',
        data: { toolCallId: 'c1', message: '1 of 2', progress: null },
        transient: true,
      },
      { type: 'tool-output-available', toolCallId: 'c1', output: ['one'], preliminary: true },
      { type: 'tool-output-available', toolCallId: 'c1', output: ['one', 'two'] },
      { type: 'finish-step' },
      { type: 'start-step' },
      { type: 'text-start', id: 'text:9' },
      { type: 'text-delta', id: 'text:9', delta: 'Hel' },
      { type: 'text-delta', id: 'text:9', delta: 'lo' },
      {
        type: 'message-metadata',
        messageMetadata: { taskId: 't1', usage: { input: 1, output: 2, total: 3 } },
      },
      { type: 'text-end', id: 'text:9' },
      { type: 'finish-step' },
      { type: 'finish', finishReason: 'length' },
    ])
  })

  it("begins under the name that its events give it, or under the task's when blocks come first", () => {
    const progress: Entry = ['progress', { done: 1, total: 2 }]
    expect(live(progress, ['ai_message_start', { message_id: 'm1' }])).toMatchObject([
      { type: 'data-progress', data: { done: 1, total: 2 }, transient: true },
      { type: 'start', messageId: 'm1' },
    ])
    expect(live(['error', { message: 'No' }], ['ai_message_start', { message_id: 'm1' }])[0]).toMatchObject({
      messageId: 't1',
    })
  })

  it('ends with abort and the reason when the task was stopped, its tool with what the log says', () => {
    const chunks = live(
      running,
      ['update_action', { id: 'c1', status: 'canceled', result: 'cancelled by user' }],
      ['task_complete', { status: 'canceled', reason: 'user stopped' }],
    )
    expect(chunks.slice(-3)).toEqual([
      { type: 'tool-output-error', toolCallId: 'c1', errorText: 'cancelled by user' },
      { type: 'finish-step' },
      { type: 'abort', reason: 'user stopped' },
    ])
  })

  it('ends with an error and the sentence of the task when it failed', () => {
    const chunks = live(
      ['error', { message: 'Boom' }],
      ['task_complete', { status: 'failed', error: 'Boom' }],
    )
    expect(chunks.slice(-3)).toEqual([
      { type: 'data-error', id: 'error:0', data: { message: 'Boom', code: null } },
      { type: 'finish-step' },
      { type: 'error', errorText: 'Boom' },
    ])
  })

  it('ends with an error when the task is out of reach for good, and by the record when the log lost its end', () => {
    const { state } = write(log(['text_chunk', { content: 'Hi' }]), [])
    const failed = new MessageWriter().write(snapshotOf(state, { connection: 'failed' }))
    expect(failed.ended).toBe(true)
    expect(typesOf(failed.chunks).slice(-3)).toEqual(['text-end', 'finish-step', 'error'])
    const task = { status: 'canceled', stop: { reason: 'shutdown' } } as WrittenSnapshot['task']
    const done = new MessageWriter().write(snapshotOf(state, { connection: 'done', task }))
    expect(done.ended).toBe(true)
    expect(done.chunks.at(-1)).toEqual({ type: 'abort', reason: 'shutdown' })
  })

  it('says when the server no longer had some events', () => {
    const { state } = write(log(['text_chunk', { content: 'Hi' }]), [])
    const { chunks } = new MessageWriter().write(snapshotOf(state, { truncated: true }))
    expect(chunks.at(-1)).toEqual({
      type: 'message-metadata',
      messageMetadata: { taskId: 't1', truncated: true },
    })
  })

  it('says, in no part of the message, that reading was interrupted and that it goes on', () => {
    const { state } = write(log(['text_chunk', { content: 'Hi' }]), [])
    const writer = new MessageWriter()
    const told = (['connecting', 'live', 'retrying', 'retrying', 'live', 'done'] as const).map(
      (connection) => {
        const error = connection === 'retrying' ? new TaskClientError('network_error', 'No answer') : null
        const { chunks } = writer.write(snapshotOf(state, { connection, error }))
        return chunks.filter(({ type }) => type === 'data-connection')
      },
    )
    const part = { type: 'data-connection', transient: true }
    expect(told).toEqual([
      [],
      [],
      [{ ...part, data: { connection: 'retrying', error: 'No answer' } }],
      [],
      [{ ...part, data: { connection: 'live', error: null } }],
      [],
    ])
  })

  it('takes back what an abandoned attempt showed, and the next attempt may use the same ids', async () => {
    const chunks = live(
      ['text_chunk', { id: 'a', content: 'Kept' }],
      ['text_end', { id: 'a' }],
      running,
      ['text_chunk', { id: 'b', content: 'Half a sen' }],
      ['attempt_reset', { attempt: 2, keep_before: 2 }],
      running,
      ['update_action', { id: 'c1', status: 'completed', result: 7 }],
      ['text_chunk', { id: 'b', content: 'A sentence' }],
      ['task_complete', { status: 'succeeded' }],
    )
    const message = await readChunks(chunks)
    const texts = (message?.parts ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : []))
    expect(texts).toEqual(['Kept', 'Half a sen', 'A sentence'])
    expect(shownParts(message)).toMatchObject([
      { type: 'text', text: 'Kept', state: 'done' },
      { type: 'tool-search', state: 'output-available', output: 7 },
      { type: 'text', text: 'A sentence', state: 'done' },
    ])
  })

  it('shows the words that a text ended with where they are others than were streamed', async () => {
    const chunks = live(
      ['text_chunk', { content: 'draft' }],
      ['text_end', { full_content: 'Final.' }],
      ['task_complete', { status: 'succeeded' }],
    )
    expect(shownParts(await readChunks(chunks))).toEqual([{ type: 'text', text: 'Final.', state: 'done' }])
  })

  it('does not begin a step while something of the one before can still grow', () => {
    const types = typesOf(
      live(
        ['text_chunk', { id: 'a', content: 'one' }],
        running,
        ['text_chunk', { id: 'b', content: 'side by side' }],
        ['text_chunk', { id: 'a', content: ' more' }],
      ),
    )
    expect(types.filter((type) => type === 'start-step')).toHaveLength(1)
    expect(types).not.toContain('data-withdrawn')
  })

  it('takes a call back whose tool turns out to be another, as not every SDK renames a part', async () => {
    const chunks = live(
      ['tool_start', { id: 'c1', name: 'search', arguments: {} }],
      ['tool_intent', { id: 'c1', name: 'fetch', intent: 'Looking' }],
    )
    expect(typesOf(chunks)).toContain('data-withdrawn')
    expect(shownParts(await readChunks(chunks))).toEqual([
      { id: 'c1', type: 'tool-fetch', state: 'input-available', input: {} },
    ])
  })

  it('keeps the failure of a call when more of its arguments come late', async () => {
    const chunks = live(
      ['update_action', { id: 'c1', status: 'failed', message: 'No' }],
      ['tool_preparing', { id: 'c1', name: 'search', arguments_delta: '{' }],
      ['task_complete', { status: 'succeeded' }],
    )
    expect(shownParts(await readChunks(chunks))).toEqual([
      { id: 'c1', type: 'tool-search', state: 'output-error' },
    ])
  })

  it('costs no more chunks than there are events, also for a long text', () => {
    const events = log(...Array.from({ length: 5_000 }, (): Entry => ['text_chunk', { content: 'word ' }]))
    const pages = events.map(({ idx }) => idx)
    expect(write(events, pages).chunks.length).toBeLessThan(events.length + 10)
  })
})

describe('currentParts', () => {
  it('leaves alone an event of the application that is named like the marker', () => {
    const part = { type: 'data-withdrawn', id: 'custom:3', data: { parts: 1 } } as const
    expect(currentParts([{ type: 'text', text: 'stays' }, part])).toHaveLength(2)
  })
})
