import { defineChatTask, type TaskContext } from '@outlast/core'
import {
  type AiSdkFile,
  type AiSdkStream,
  type BridgeEvents,
  type ForwardContext,
  type ForwardSummary,
  forwardAiSdkStream,
  type TokenCounts,
  wrapTools,
} from '@outlast/core/ai-sdk'
import type { TaskEventData } from '@outlast/core/protocol'
import {
  type GeneratedFile,
  type ModelMessage,
  streamText,
  type TextStreamPart,
  type ToolSet,
  tool,
} from 'ai'
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import type { AiSdkParts, AiSdkPartType } from '../../src/ai-sdk/ai-sdk-part.ts'

const weather = tool({
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, degrees: 3 }),
})
const ask = tool({ inputSchema: z.object({ question: z.string() }) })
const context = {} as TaskContext<{ message: string }, { x_note: { text: string } }>
const { model } = {} as Parameters<typeof streamText>[0]

test('every part that the bridge reads is one that the SDK sends, with the fields that the bridge reads', () => {
  type SdkPart = TextStreamPart<ToolSet>
  type Misfits = {
    [Type in AiSdkPartType]: Extract<SdkPart, { type: Type }> extends AiSdkParts[Type] ? never : Type
  }[AiSdkPartType]
  expectTypeOf<Misfits>().toEqualTypeOf<never>()
  expectTypeOf<AiSdkPartType>().toExtend<SdkPart['type']>()
  expectTypeOf<GeneratedFile>().toExtend<AiSdkFile>()
})

test('wrapped tools have the types of the tools', () => {
  const wrapped = wrapTools(context, { weather, ask })
  expectTypeOf(wrapped).toEqualTypeOf<{ weather: typeof weather; ask: typeof ask }>()
  expectTypeOf(wrapTools(context, {} as ToolSet)).toEqualTypeOf<ToolSet>()
  // @ts-expect-error tools have names
  wrapTools(context, weather.execute)
})

test('a stream of the SDK is forwarded, whatever its tools', () => {
  const { fullStream } = streamText({ model, prompt: '', tools: wrapTools(context, { weather }) })
  expectTypeOf(fullStream).toExtend<AiSdkStream>()
  expectTypeOf(forwardAiSdkStream(context, fullStream)).resolves.toEqualTypeOf<ForwardSummary>()
  expectTypeOf<ForwardSummary>().toEqualTypeOf<{
    text: string
    truncated: boolean
    usage: TokenCounts
    finishReason: string | null
  }>()
  // @ts-expect-error what `streamText` answers is no stream itself
  void forwardAiSdkStream(context, streamText({ model, prompt: '' }))
})

test('any context will do, also a part of one', () => {
  expectTypeOf<TaskContext>().toExtend<ForwardContext>()
  expectTypeOf(context).toExtend<ForwardContext>()
  expectTypeOf<BridgeEvents['text_chunk']>().toEqualTypeOf<TaskEventData['text_chunk']>()
  defineChatTask({ run: (chat) => forwardAiSdkStream(chat, {} as AiSdkStream) })
})

test('a generated file may be given an address, now or later', () => {
  void forwardAiSdkStream(context, {} as AiSdkStream, {
    fileUrl({ uint8Array, mediaType }, signal) {
      expectTypeOf(uint8Array).toEqualTypeOf<Uint8Array>()
      expectTypeOf(mediaType).toEqualTypeOf<string>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      return 'https://example.com/file'
    },
  })
  void forwardAiSdkStream(context, {} as AiSdkStream, { fileUrl: async () => 'https://example.com/file' })
  // @ts-expect-error an address is a text
  void forwardAiSdkStream(context, {} as AiSdkStream, { fileUrl: () => null })
})

test('the result of a tool call goes into the SDK’s transcript', async () => {
  const result = await context.tool({ id: '1', name: 'weather' }, () => 3)
  const message: ModelMessage = {
    role: result.role,
    content: [
      {
        type: 'tool-result',
        toolCallId: result.tool_call_id,
        toolName: 'weather',
        output: { type: 'text', value: result.content },
      },
    ],
  }
  void message
})
