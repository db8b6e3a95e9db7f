import { useChat } from '@ai-sdk/react'
import { TaskClient } from '@outlast/client'
import {
  type ChatSendOptions,
  chatBody,
  currentParts,
  OutlastChatTransport,
  type OutlastChatTransportOptions,
  type OutlastDataParts,
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
    whileRunning: 'attach',
  })
  expectTypeOf<ChatSendOptions>().toHaveProperty('messages').toEqualTypeOf<UIMessage[]>()
  expectTypeOf<ChatSendOptions>().not.toHaveProperty('abortSignal')
  expectTypeOf<OutlastChatTransportOptions>().toHaveProperty('client')
  // @ts-expect-error nothing else can become of it
  new OutlastChatTransport({ client, whileRunning: 'wait' })
  // @ts-expect-error there is no transport without a client
  new OutlastChatTransport({})
})

test('current parts have the type of the parts that they are of', () => {
  type Part = UIMessagePart<{ withdrawn: WithdrawnData }, { search: { input: string; output: number } }>
  expectTypeOf(currentParts<Part>).returns.toEqualTypeOf<Part[]>()
})

test('metadata and data parts have the types of what the task tells', () => {
  type Message = UIMessage<OutlastMetadata, OutlastDataParts & { x_chart: { points: number[] } }>
  expectTypeOf<NonNullable<Message['metadata']>['taskId']>().toEqualTypeOf<string>()
  expectTypeOf<NonNullable<Message['metadata']>['attached']>().toEqualTypeOf<true | undefined>()
  const describe = (part: Message['parts'][number]): unknown => {
    switch (part.type) {
      case 'data-input':
        expectTypeOf(part.data.outcome).toEqualTypeOf<'answered' | 'expired' | 'canceled' | null>()
        return [part.data.id, part.data.prompt] satisfies string[]
      case 'data-error':
        return part.data.message satisfies string
      case 'data-payload':
        return part.data.path satisfies string
      case 'data-connection':
        return part.data.error satisfies string | null
      case 'data-x_chart':
        return part.data.points satisfies number[]
      default:
        return null
    }
  }
  expectTypeOf<ReturnType<typeof currentParts<Message['parts'][number]>>>().toEqualTypeOf<Message['parts']>()
  expectTypeOf(describe).toBeFunction()
  // @ts-expect-error a place in the log is no part of the data
  expectTypeOf<OutlastDataParts['input']['start']>().toBeNumber()
})
