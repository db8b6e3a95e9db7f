import { useChat } from '@ai-sdk/react'
import { TaskClient } from '@outlast/client'
import {
  type ChatSendOptions,
  chatBody,
  currentParts,
  OutlastChatTransport,
  type OutlastChatTransportOptions,
  type OutlastMetadata,
  type WithdrawnData,
} from '@outlast/client/ai-sdk'
import type { ChatTransport, UIMessage, UIMessagePart } from 'ai'
import { expectTypeOf, test } from 'vitest'

const client = new TaskClient()

test('the transport is one of the SDK, for messages of any kind', () => {
  type Message = UIMessage<OutlastMetadata, { withdrawn: WithdrawnData; x_chart: { points: number[] } }>

  expectTypeOf(new OutlastChatTransport({ client })).toExtend<ChatTransport<UIMessage>>()
  const transport = new OutlastChatTransport<Message>({ client })
  expectTypeOf(transport).toExtend<ChatTransport<Message>>()
  expectTypeOf(useChat<Message>).toBeCallableWith({ id: 'c1', transport, resume: true })
})

test('the application may prepare the body from what the chat wants to send', () => {
  new OutlastChatTransport({
    client,
    prepareBody: async (options) => ({ ...chatBody(options), model_key: 'small' }),
    onStopError: (error) => expectTypeOf(error).toBeUnknown(),
  })
  expectTypeOf<ChatSendOptions>().toHaveProperty('messages').toEqualTypeOf<UIMessage[]>()
  expectTypeOf<ChatSendOptions>().not.toHaveProperty('abortSignal')
  expectTypeOf<OutlastChatTransportOptions>().toHaveProperty('client')
  // @ts-expect-error there is no transport without a client
  new OutlastChatTransport({})
})

test('current parts have the type of the parts that they are of', () => {
  type Part = UIMessagePart<{ withdrawn: WithdrawnData }, { search: { input: string; output: number } }>
  expectTypeOf(currentParts<Part>).returns.toEqualTypeOf<Part[]>()
})
