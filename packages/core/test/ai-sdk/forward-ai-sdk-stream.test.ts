import { describe, expect, it } from 'vitest'
import { forwardAiSdkStream } from '../../src/ai-sdk/index.ts'
import { defaults } from '../../src/defaults.ts'
import { managerFor } from '../support/test-manager.ts'
import { fakeContext, streamOf } from './fake-context.ts'

const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }

describe('text and reasoning', () => {
  it('become text and thinking events, and the text of the last step is the summary’s', async () => {
    const ctx = fakeContext()
    const summary = await forwardAiSdkStream(
      ctx,
      streamOf(
        { type: 'start' },
        { type: 'start-step' },
        { type: 'reasoning-start', id: '0' },
        { type: 'reasoning-delta', id: '0', text: 'Hm.' },
        { type: 'reasoning-end', id: '0' },
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', text: 'Let me look. ' },
        { type: 'text-end', id: '0' },
        { type: 'finish-step', usage },
        { type: 'start-step' },
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', text: 'Four' },
        { type: 'text-delta', id: '0', text: '.' },
        { type: 'text-end', id: '0' },
        { type: 'finish-step', usage },
        { type: 'finish', finishReason: 'stop', totalUsage: usage },
      ),
    )

    expect(ctx.events.filter(({ type }) => type !== 'token_update')).toEqual([
      { type: 'thinking_start', data: { id: '1.1' } },
      { type: 'thinking_chunk', data: { id: '1.1', content: 'Hm.' } },
      { type: 'thinking_end', data: { id: '1.1' } },
      { type: 'text_start', data: { id: '1.2' } },
      { type: 'text_chunk', data: { id: '1.2', content: 'Let me look. ' } },
      { type: 'text_end', data: { id: '1.2' } },
      { type: 'text_start', data: { id: '1.3' } },
      { type: 'text_chunk', data: { id: '1.3', content: 'Four' } },
      { type: 'text_chunk', data: { id: '1.3', content: '.' } },
      { type: 'text_end', data: { id: '1.3' } },
    ])
    expect(summary).toEqual({
      text: 'Four.',
      usage: { input: 20, output: 10, total: 30, cached: 0, reasoning: 0 },
      truncated: false,
      finishReason: 'stop',
    })
  })

  it('have ids that no other stream of the task, nor another attempt, has', async () => {
    const say = () => streamOf({ type: 'text-start', id: '0' }, { type: 'text-delta', id: '0', text: 'a' })
    const ctx = fakeContext({ attempt: 2 })
    await forwardAiSdkStream(ctx, say())
    await forwardAiSdkStream(ctx, say())
    expect(ctx.events.map(({ data }) => data.id)).toEqual(['2.1', '2.1', '2.1', '2.2', '2.2', '2.2'])
  })

  it('are two blocks when an id begins again within a step', async () => {
    const ctx = fakeContext()
    const say = [
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', text: 'a' },
    ]
    await forwardAiSdkStream(ctx, streamOf(...say, ...say))
    expect(ctx.events.map(({ type, data }) => `${type} ${data.id}`)).toEqual([
      'text_start 1.1',
      'text_chunk 1.1',
      'text_end 1.1',
      'text_start 1.2',
      'text_chunk 1.2',
      'text_end 1.2',
    ])
  })
})

describe('a tool call', () => {
  const call = { toolCallId: 'c1', toolName: 'look' }

  it('is shown while its arguments stream in, when it starts and when it is done', async () => {
    const ctx = fakeContext()
    await forwardAiSdkStream(
      ctx,
      streamOf(
        { type: 'tool-input-start', id: 'c1', toolName: 'look' },
        { type: 'tool-input-delta', id: 'c1', delta: '{"at":' },
        { type: 'tool-input-delta', id: 'c1', delta: '"x"}' },
        { type: 'tool-input-end', id: 'c1' },
        { type: 'tool-call', ...call, input: { at: 'x' } },
        { type: 'tool-result', ...call, input: { at: 'x' }, output: 'so', preliminary: true },
        { type: 'tool-result', ...call, input: { at: 'x' }, output: 'so far' },
      ),
    )
    expect(ctx.events).toEqual([
      { type: 'tool_preparing', data: { id: 'c1', name: 'look' } },
      { type: 'tool_preparing', data: { id: 'c1', name: 'look', arguments_delta: '{"at":' } },
      { type: 'tool_preparing', data: { id: 'c1', name: 'look', arguments_delta: '"x"}' } },
      { type: 'tool_start', data: { id: 'c1', name: 'look', arguments: { at: 'x' } } },
      { type: 'update_action', data: { id: 'c1', status: 'running', result: 'so' } },
      { type: 'update_action', data: { id: 'c1', status: 'completed', result: 'so far' } },
    ])
  })

  it('that failed says why, however the provider wraps its sentence', async () => {
    const ctx = fakeContext()
    const error = { type: 'error', error: { message: 'No such page.' } }
    await forwardAiSdkStream(
      ctx,
      streamOf(
        { type: 'tool-error', ...call, input: {}, error },
        { type: 'tool-error', ...call, error: { n: 1 } },
      ),
    )
    expect(ctx.events.map(({ data }) => data.message)).toEqual(['No such page.', '{"n":1}'])
    expect(ctx.events[0]?.data.status).toBe('failed')
  })

  it('that the user denied is canceled', async () => {
    const ctx = fakeContext()
    await forwardAiSdkStream(ctx, streamOf({ type: 'tool-output-denied', ...call }))
    expect(ctx.events[0]?.data).toMatchObject({ id: 'c1', status: 'canceled', message: 'denied by user' })
  })

  it('that is invalid never starts, and shows its input as text', async () => {
    const ctx = fakeContext()
    await forwardAiSdkStream(
      ctx,
      streamOf(
        {
          type: 'tool-call',
          ...call,
          input: '{"at":',
          invalid: true,
          dynamic: true,
          error: new Error('cut'),
        },
        { type: 'tool-error', ...call, input: '{"at":', error: 'cut', dynamic: true },
      ),
    )
    expect(ctx.events).toEqual([
      { type: 'tool_preparing', data: { id: 'c1', name: 'look', arguments_delta: '{"at":' } },
      { type: 'update_action', data: { id: 'c1', status: 'failed', result: 'cut', message: 'cut' } },
    ])
  })

  it('that the provider runs is only observed, also when the application does not know the tool', async () => {
    const ctx = fakeContext()
    const observed = { ...call, providerExecuted: true, dynamic: true }
    await forwardAiSdkStream(
      ctx,
      streamOf(
        { type: 'tool-call', ...observed, input: { at: 'x' }, invalid: true, error: 'no such tool' },
        { type: 'tool-result', ...observed, input: { at: 'x' }, output: 1 },
      ),
    )
    expect(ctx.events.map(({ type }) => type)).toEqual(['tool_start', 'update_action'])
    expect(ctx.events[1]?.data.status).toBe('completed')
  })

  it('of an earlier stream starts with its result', async () => {
    const ctx = fakeContext()
    await forwardAiSdkStream(ctx, streamOf({ type: 'tool-result', ...call, input: { at: 'x' }, output: 1 }))
    expect(ctx.events[0]).toEqual({
      type: 'tool_start',
      data: { id: 'c1', name: 'look', arguments: { at: 'x' } },
    })
  })

  it('is completed without its result when that is too large for an event', async () => {
    const ctx = fakeContext({ maxBytes: 500 })
    const output = 'x'.repeat(1_000)
    await forwardAiSdkStream(ctx, streamOf({ type: 'tool-result', ...call, input: {}, output }))
    expect(ctx.events[1]?.data).toEqual({
      id: 'c1',
      status: 'completed',
      message: 'The result is not shown. It is too large.',
    })
  })
})

describe.each([
  ['the default bound', defaults.maxEventBytes],
  ['the smallest bound', 8_192],
])('a part that is larger than an event, with %s,', (_name, maxBytes) => {
  const long = `${'aé😀"\n\u0001'.repeat(60_000)}`
  const contents = (ctx: ReturnType<typeof fakeContext>, type: string, field: string): string[] =>
    ctx.events
      .filter((event) => event.type === type)
      .flatMap(({ data }) => (data[field] ? [`${data[field]}`] : []))

  it.each([
    ['text', 'text_chunk'],
    ['reasoning', 'thinking_chunk'],
  ])('becomes several chunks of one block: %s', async (kind, type) => {
    const ctx = fakeContext({ maxBytes })
    await forwardAiSdkStream(ctx, streamOf({ type: `${kind}-delta`, id: '0', text: long }))
    const pieces = contents(ctx, type, 'content')
    expect(pieces.length).toBeGreaterThan(1)
    expect(pieces.join('')).toBe(long)
    // Half a surrogate pair would not survive UTF-8.
    expect(pieces.map((piece) => Buffer.from(piece).toString())).toEqual(pieces)
    expect(new Set(ctx.events.map(({ data }) => data.id)).size).toBe(1)
  })

  it('becomes several deltas of a tool’s arguments, and arguments that are cut as those of context.tool', async () => {
    const ctx = fakeContext({ maxBytes })
    const call = { toolCallId: 'c1', toolName: 'look' }
    await forwardAiSdkStream(
      ctx,
      streamOf(
        { type: 'tool-input-start', id: 'c1', toolName: 'look' },
        { type: 'tool-input-delta', id: 'c1', delta: long },
        { type: 'tool-call', ...call, input: { at: long } },
        { type: 'tool-call', toolCallId: 'c2', toolName: 'look', input: long, invalid: true },
        { type: 'tool-error', ...call, error: new Error(long) },
      ),
    )
    const deltas = ctx.events.filter(({ data }) => data.id === 'c1')
    expect(deltas.flatMap(({ data }) => data.arguments_delta ?? []).join('')).toBe(long)
    const whole = ctx.events.filter(({ data }) => data.id === 'c2')
    expect(whole.map(({ data }) => data.arguments_delta).join('')).toBe(long)
    const start = ctx.events.find(({ type }) => type === 'tool_start')
    expect(start?.data.arguments).toMatch(/^\{"at":"aé😀.*… \(\d+ characters left out\)$/s)
    expect(ctx.events.at(-1)?.data.message).toMatch(/^aé😀.*characters left out\)$/s)
  })
})

describe('the summary of a long answer', () => {
  const say = (text: string) =>
    forwardAiSdkStream(fakeContext(), streamOf({ type: 'text-delta', id: '0', text }))

  it('has its first 65,536 characters and says that there were more, and is a result that fits', async () => {
    expect(await say('x'.repeat(65_536))).toMatchObject({ text: 'x'.repeat(65_536), truncated: false })
    expect(await say('x'.repeat(65_537))).toMatchObject({ text: 'x'.repeat(65_536), truncated: true })
    expect(await say(`x${'😀'.repeat(40_000)}`)).toMatchObject({
      text: `x${'😀'.repeat(32_767)}`,
      truncated: true,
    })
    for (const unit of ['語', '\u0001', '"']) {
      const summary = await say(unit.repeat(500_000))
      expect(summary.truncated).toBe(true)
      expect(Buffer.byteLength(JSON.stringify(summary))).toBeLessThan(defaults.maxEventBytes - 4_096)
    }
  })
})

describe('a task that returns what came of a stream of large parts', () => {
  it.each([
    [defaults.maxEventBytes, 1_000_000],
    [8_192, 2_000],
  ])('succeeds with events of at most %d bytes', async (maxEventBytes, length) => {
    const call = { toolCallId: 'c1', toolName: 'look', providerExecuted: true }
    const manager = managerFor(
      (context) =>
        forwardAiSdkStream(
          context,
          streamOf(
            { type: 'tool-call', ...call, input: { at: 'x'.repeat(1_000_000) } },
            { type: 'reasoning-delta', id: '0', text: 'x'.repeat(1_000_000) },
            { type: 'text-delta', id: '0', text: 'x'.repeat(length) },
          ),
        ),
      { limits: { maxEventBytes } },
    )
    const { status, error } = await (await manager.create({ userId: 'u1', input: null })).finished()
    expect({ status, error }).toEqual({ status: 'succeeded', error: null })
  })
})

describe('sources, files and usage', () => {
  it('become events; sources without a URL do not', async () => {
    const ctx = fakeContext()
    const file = { base64: 'AAAA', uint8Array: new Uint8Array(3), mediaType: 'image/png' }
    await forwardAiSdkStream(
      ctx,
      streamOf(
        { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com', title: 'Example' },
        { type: 'source', sourceType: 'document', id: 'd', mediaType: 'application/pdf', title: 'A' },
        { type: 'file', file },
      ),
    )
    await forwardAiSdkStream(ctx, streamOf({ type: 'file', file }), { fileUrl: async () => '/files/1' })
    expect(ctx.events).toEqual([
      { type: 'source', data: { url: 'https://example.com', title: 'Example' } },
      { type: 'file', data: { media_type: 'image/png', url: 'data:image/png;base64,AAAA' } },
      { type: 'file', data: { media_type: 'image/png', url: '/files/1' } },
    ])
  })

  it('sum up over the steps and streams of the task, in the words of version 5 and of version 6', async () => {
    const ctx = fakeContext()
    const five = {
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 15,
      cachedInputTokens: 3,
      reasoningTokens: 2,
    }
    const six = {
      inputTokens: 10,
      outputTokens: undefined,
      totalTokens: undefined,
      inputTokenDetails: { cacheReadTokens: 4 },
      outputTokenDetails: { reasoningTokens: 1 },
    }
    await forwardAiSdkStream(ctx, streamOf({ type: 'finish-step', usage: five }))
    const { usage } = await forwardAiSdkStream(ctx, streamOf({ type: 'finish-step', usage: six }))
    expect(ctx.events.map(({ data }) => data)).toEqual([
      { input: 10, output: 5, total: 15, cached: 3, reasoning: 2 },
      { input: 20, output: 5, total: 25, cached: 7, reasoning: 3 },
    ])
    expect(usage).toEqual({ input: 10, output: 0, total: 10, cached: 4, reasoning: 1 })
  })
})

describe('the stream', () => {
  it('is not read on while the log has too much waiting', async () => {
    const ctx = fakeContext({ capacity: 2 })
    const read: string[] = []
    async function* source() {
      for (const text of ['a', 'b', 'c']) {
        read.push(text)
        yield { type: 'text-delta', id: '0', text }
      }
    }
    const done = forwardAiSdkStream(ctx, source())
    await expect.poll(() => ctx.flushes.length).toBe(1)
    expect(read).toEqual(['a'])
    ctx.flushes[0]?.()
    await expect.poll(() => ctx.flushes.length).toBe(2)
    expect(read).toEqual(['a', 'b'])
    ctx.flushes[1]?.()
    await expect.poll(() => ctx.flushes.length).toBe(3)
    ctx.flushes[2]?.()
    expect(await done).toMatchObject({ text: 'abc' })
  })

  it('is read to its end after an error, which is then thrown as it is', async () => {
    const ctx = fakeContext()
    const error = new Error('overloaded')
    const source = streamOf(
      { type: 'text-delta', id: '0', text: 'be' },
      { type: 'error', error },
      { type: 'text-delta', id: '0', text: 'fore' },
      { type: 'error', error: new Error('another') },
    )
    await expect(forwardAiSdkStream(ctx, source)).rejects.toBe(error)
    expect(ctx.events.map(({ data }) => data.content)).toEqual([undefined, 'be', 'fore', undefined])
    expect(ctx.events.at(-1)?.type).toBe('text_end')
  })

  it('throws an Error also for a provider’s plain object, with the object as its cause', async () => {
    const error = { type: 'error', sequence_number: 2, error: { code: 'quota', message: 'Quota exceeded.' } }
    const failed = forwardAiSdkStream(fakeContext(), streamOf({ type: 'error', error }))
    await expect(failed).rejects.toThrow(
      expect.objectContaining({ message: 'Quota exceeded.', cause: error }),
    )
  })

  it('is left at once and quietly when the task stops, though the model says nothing', async () => {
    const ctx = fakeContext()
    let isReleased = false
    const source = {
      [Symbol.asyncIterator]: () => {
        let isFirst = true
        return {
          next: () => {
            if (!isFirst) return new Promise<never>(() => {})
            isFirst = false
            return Promise.resolve({
              done: false,
              value: { type: 'text-delta', id: '0', text: 'so far' },
            } as const)
          },
          return: () => {
            isReleased = true
            return Promise.reject(new Error('it does not like to be left'))
          },
        }
      },
    }
    const done = forwardAiSdkStream(ctx, source)
    await expect.poll(() => ctx.events.length).toBe(2)
    ctx.stop.abort()
    expect(await done).toMatchObject({ text: 'so far', finishReason: null })
    expect(ctx.events.at(-1)?.type).toBe('text_end')
    expect(isReleased).toBe(true)
  })

  it('ends quietly with the SDK’s abort', async () => {
    const ctx = fakeContext()
    const summary = await forwardAiSdkStream(
      ctx,
      streamOf({ type: 'start' }, { type: 'abort', reason: 'enough' }),
    )
    expect(summary.finishReason).toBeNull()
    expect(ctx.events).toEqual([])
  })

  it('passes over parts that this version does not know', async () => {
    const ctx = fakeContext()
    await forwardAiSdkStream(
      ctx,
      streamOf({ type: 'raw', rawValue: 1 }, { type: 'toString' }, { type: 'of-ai-9' }),
    )
    expect(ctx.events).toEqual([])
  })

  it('fails loudly for a part that is not what its type says', async () => {
    const versionFour = streamOf({ type: 'text-delta', id: '0', textDelta: 'a' })
    await expect(forwardAiSdkStream(fakeContext(), versionFour)).rejects.toMatchObject({
      code: 'invalid_event',
    })
  })
})
