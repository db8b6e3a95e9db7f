import { forwardAiSdkStream, wrapTools } from '@outlast/core/ai-sdk'
import {
  type LanguageModel,
  readUIMessageStream,
  simulateReadableStream,
  stepCountIs,
  streamText,
  tool,
  type UIMessage,
  type UIMessageChunk,
} from 'ai'
import { MockLanguageModelV3 } from 'ai/test'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { type ChatServer, openChatServer } from '../../../../test/support/chat-server.ts'
import { OutlastChatTransport } from '../../src/ai-sdk/index.ts'
import { TaskClient } from '../../src/index.ts'

type Model = Exclude<LanguageModel, string> & { readonly specificationVersion: 'v3' }
type StreamResult = Awaited<ReturnType<Model['doStream']>>
type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never

const usage = {
  inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
}
const finish = (unified: 'stop' | 'tool-calls'): StreamPart => ({
  type: 'finish',
  finishReason: { unified, raw: unified },
  usage,
})

function calls(toolCallId: string, toolName: string, input: string): StreamPart[] {
  return [
    { type: 'tool-input-start', id: toolCallId, toolName },
    { type: 'tool-input-delta', id: toolCallId, delta: input.slice(0, 5) },
    { type: 'tool-input-delta', id: toolCallId, delta: input.slice(5) },
    { type: 'tool-input-end', id: toolCallId },
    { type: 'tool-call', toolCallId, toolName, input },
  ]
}

/** Everything that a model and its tools can leave in a message: two steps, of which the first calls three tools. */
const answers: StreamPart[][] = [
  [
    { type: 'reasoning-start', id: 'r' },
    { type: 'reasoning-delta', id: 'r', delta: 'The weather ' },
    { type: 'reasoning-delta', id: 'r', delta: 'first.' },
    { type: 'reasoning-end', id: 'r' },
    { type: 'text-start', id: 't' },
    { type: 'text-delta', id: 't', delta: 'Let me look.' },
    { type: 'text-end', id: 't' },
    ...calls('k1', 'weather', '{"city":"Oslo"}'),
    ...calls('k2', 'weather', '{"city":"nowhere"}'),
    ...calls('k3', 'clock', '{}'),
    finish('tool-calls'),
  ],
  [
    { type: 'source', sourceType: 'url', id: 's', url: 'https://example.org/oslo', title: 'Oslo' },
    { type: 'file', mediaType: 'image/png', data: 'AA==' },
    { type: 'text-start', id: 't' },
    { type: 'text-delta', id: 't', delta: 'It is ' },
    { type: 'text-delta', id: 't', delta: '7 degrees.' },
    { type: 'text-end', id: 't' },
    finish('stop'),
  ],
]

const tools = {
  weather: tool({
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      if (city === 'nowhere') throw new Error('There is no such city.')
      return { degrees: 7 }
    },
  }),
  clock: tool({ inputSchema: z.object({}), execute: async () => '12:00' }),
}

function answer(given: typeof tools, abortSignal?: AbortSignal) {
  const rest = answers.values()
  const model = new MockLanguageModelV3({
    doStream: async () => ({ stream: simulateReadableStream({ chunks: rest.next().value ?? [] }) }),
  })
  return streamText({
    model,
    prompt: 'How is the weather?',
    tools: given,
    stopWhen: stepCountIs(5),
    ...(abortSignal && { abortSignal }),
  })
}

async function lastState(stream: ReadableStream<UIMessageChunk>): Promise<UIMessage | undefined> {
  let message: UIMessage | undefined
  for await (const state of readUIMessageStream({ stream, terminateOnError: true })) message = state
  return message
}

/** Parts without what only the SDK's own process knows, in an order that does not depend on which tool was faster. */
const comparable = (message: UIMessage | undefined): unknown =>
  JSON.parse(
    JSON.stringify(message?.parts, (key, value) =>
      ['sourceId', 'id', 'providerMetadata', 'rawInput'].includes(key) ? undefined : value,
    ),
  )

let server: ChatServer

afterEach(() => server.close())

it('gives the page the message that the SDK itself would have given it', async () => {
  server = await openChatServer((context) => {
    const { fullStream } = answer(wrapTools(context, tools), context.signal)
    return forwardAiSdkStream(context, fullStream)
  })
  const client = new TaskClient({ baseUrl: `${server.url}/api/tasks` })
  const transport = new OutlastChatTransport({ client })
  const question: UIMessage = { id: 'u1', role: 'user', parts: [{ type: 'text', text: 'The weather?' }] }
  const stream = await transport.sendMessages({
    ...{ trigger: 'submit-message', chatId: 'c1', messageId: undefined, messages: [question] },
    abortSignal: undefined,
  })
  const own = answer(tools).toUIMessageStream({
    sendSources: true,
    onError: (error) => (error instanceof Error ? error.message : String(error)),
  })
  const [ours, theirs] = await Promise.all([lastState(stream), lastState(own)])
  expect(comparable(ours)).toEqual(comparable(theirs))
  expect(ours?.parts).toHaveLength(10)
  expect(ours?.metadata).toMatchObject({ usage: { input: 20, output: 10, total: 30 } })
})
