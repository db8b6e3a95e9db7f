import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ModelMessage, stepCountIs, streamText } from 'ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRecording, recordedTools, recordingModel } from '../../server/recording/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordings-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(name: string, ...chunks: unknown[]): Promise<string> {
  const isLines = name.endsWith('.jsonl')
  const body = chunks.map((chunk) =>
    isLines ? `${JSON.stringify(chunk)}\n` : `data: ${JSON.stringify(chunk)}\n\n`,
  )
  await writeFile(join(folder, name), body.join(''))
  return join(folder, name)
}

const completion = (
  model: string,
  delta: object,
  finish_reason: string | null = null,
  more: object = {},
) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model,
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
})
const speech = (model: string, more: object = {}) => [
  completion(model, { role: 'assistant', content: 'Good ' }, null, more),
  completion(model, { content: 'day' }),
  completion(model, {}, 'stop'),
]
const anthropicSpeech = [
  {
    type: 'message_start',
    message: {
      id: 'm',
      role: 'assistant',
      content: [],
      model: 'claude-sonnet-4-5',
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Good day' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
]
const responsesSpeech = (model: string) => [
  {
    type: 'response.created',
    response: { id: 'r', created_at: 1, model, object: 'response', output: [], status: 'in_progress' },
  },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { id: 'i', type: 'message', role: 'assistant', status: 'in_progress', content: [] },
  },
  { type: 'response.output_text.delta', item_id: 'i', output_index: 0, content_index: 0, delta: 'Good day' },
  {
    type: 'response.output_item.done',
    output_index: 0,
    item: {
      id: 'i',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Good day', annotations: [] }],
    },
  },
  {
    type: 'response.completed',
    response: {
      id: 'r',
      created_at: 1,
      model,
      object: 'response',
      output: [],
      status: 'completed',
      usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    },
  },
]
const googleSpeech = [
  { candidates: [{ content: { role: 'model', parts: [{ text: 'Good day' }] }, finishReason: 'STOP' }] },
]

describe('a recording', () => {
  it.each([
    ['anthropic', anthropicSpeech],
    ['deepseek', speech('deepseek-chat')],
    ['google', googleSpeech],
    ['groq', speech('qwen/qwen3-32b', { x_groq: { id: 'req_1' } })],
    ['mistral', speech('mistral-small-latest')],
    ['openai.chat', speech('gpt-4.1-nano')],
    ['openai.responses', responsesSpeech('gpt-5-mini')],
    ['openai-compatible', speech('qwen3-max')],
    ['xai.chat', speech('grok-4')],
    ['xai.responses', responsesSpeech('grok-4')],
  ])('of %s is told by its first chunk, and said by that provider’s parser', async (provider, chunks) => {
    for (const name of [`${provider}.sse`, `${provider}.jsonl`]) {
      const recording = await readRecording(await write(name, ...chunks))
      expect(recording.provider).toBe(provider)
      const { text } = streamText({ model: recordingModel(recording, { pace: 0 }), prompt: 'Hello' })
      expect(await text).toBe('Good day')
    }
  })

  it('of no provider is refused with a sentence', async () => {
    const file = await write('notes.jsonl', { note: 'nothing to do with a model' })
    await expect(readRecording(file)).rejects.toThrow('notes.jsonl is not a recording that can be played')
    await expect(readRecording(join(folder, 'notes.txt'))).rejects.toThrow('notes.txt is not a recording')
  })

  it('that is missing or holds no JSON is refused with a sentence', async () => {
    await expect(readRecording(join(folder, 'gone.sse'))).rejects.toThrow(
      /^There is no recording .*gone\.sse\.$/,
    )
    await writeFile(join(folder, 'prose.jsonl'), 'once upon a time')
    await expect(readRecording(join(folder, 'prose.jsonl'))).rejects.toThrow('a line of it is not JSON')
  })

  it('that was cut off in the middle of a frame is said as far as it goes', async () => {
    const file = join(folder, 'cut.sse')
    await writeFile(
      file,
      `data: ${JSON.stringify(completion('qwen3-max', { content: 'So far' }))}\n\ndata: {"id":"chatc`,
    )
    const model = recordingModel(await readRecording(file), { pace: 0 })
    const parts: string[] = []
    for await (const part of streamText({ model, prompt: 'Hello', onError: () => {} }).fullStream) {
      if (part.type === 'text-delta') parts.push(part.text)
    }
    expect(parts).toEqual(['So far'])
  })
})

describe('a conversation over several files', () => {
  const toolCall = {
    index: 0,
    id: 'call_1',
    type: 'function',
    function: { name: 'weather', arguments: '{"city":"Oslo"}' },
  }

  async function conversation(): Promise<string> {
    await write(
      'talk.1.sse',
      completion('qwen3-max', { tool_calls: [toolCall] }),
      completion('qwen3-max', {}, 'tool_calls'),
    )
    await write('talk.2.sse', ...speech('qwen3-max'))
    const request = { messages: [{ role: 'tool', tool_call_id: 'call_1', content: '3 degrees' }] }
    await writeFile(join(folder, 'talk.2.request.json'), JSON.stringify(request))
    return join(folder, 'talk.1.sse')
  }

  it('is played answer by answer, with the tool results that were recorded', async () => {
    const recording = await readRecording(await conversation())
    const { steps } = streamText({
      model: recordingModel(recording, { pace: 0 }),
      tools: recordedTools(recording),
      stopWhen: stepCountIs(5),
      prompt: 'What is the weather?',
    })
    const [first, second, ...others] = await steps
    expect(first?.toolResults).toMatchObject([
      { toolName: 'weather', input: { city: 'Oslo' }, output: '3 degrees' },
    ])
    expect(second?.text).toBe('Good day')
    expect(others).toEqual([])
  })

  it('begins again when the user speaks after its end, and says so when only a tool did', async () => {
    const recording = await readRecording(await conversation())
    const model = recordingModel(recording, { pace: 0 })
    const told: ModelMessage[] = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'One' },
      { role: 'assistant', content: 'Two' },
    ]
    const again = streamText({ model, messages: [...told, { role: 'user', content: 'And now?' }], tools: {} })
    expect((await again.toolCalls).map(({ toolCallId }) => toolCallId)).toEqual(['call_1'])

    const errors: unknown[] = []
    const output = { type: 'text', value: 'x' } as const
    const result: ModelMessage = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'weather', output }],
    }
    const beyond = streamText({
      model,
      messages: [...told, result],
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    })
    await beyond.consumeStream()
    expect(errors).toEqual([new Error('The recording ends after 2 answers.')])
  })
})

describe('the pace of a replay', () => {
  it('is kept from chunk to chunk', async () => {
    const recording = await readRecording(await write('paced.jsonl', ...speech('qwen3-max')))
    const start = performance.now()
    expect(await streamText({ model: recordingModel(recording, { pace: 30 }), prompt: 'Hello' }).text).toBe(
      'Good day',
    )
    // Three chunks and [DONE]; a timer may fire a little early.
    expect(performance.now() - start).toBeGreaterThan(100)
  })

  it('does not hold up an abort', async () => {
    const recording = await readRecording(await write('slow.jsonl', ...speech('qwen3-max')))
    const abort = new AbortController()
    const { fullStream } = streamText({
      model: recordingModel(recording, { pace: 3_600_000 }),
      prompt: 'Hello',
      abortSignal: abort.signal,
    })
    const types: string[] = []
    for await (const { type } of fullStream) {
      types.push(type)
      if (type === 'start-step' || type === 'start') abort.abort()
    }
    expect(types.at(-1)).toBe('abort')
  })
})
