import type { ErrorBody, EventPage, TaskListBody } from '@outlast/core/protocol'
import {
  type ActiveCancelRequest,
  activeCancelRequestSchema,
  type CancelRequest,
  type ChatBody,
  type ChatInput,
  type cancelRequestSchema,
  chatInputSchema,
  chatLimits,
  firstIssue,
  type InputAnswerRequest,
  type inputAnswerRequestSchema,
  inputIssues,
  type JsonSchema,
  type MediaSource,
  type RequestSchemas,
  type ResponseSchemas,
  type RunMode,
  requestSchemas,
  responseSchemas,
  toJsonSchema,
} from '@outlast/core/schemas'
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'

test('the chat schema takes the wire’s names and makes the runner’s', () => {
  expectTypeOf<z.input<typeof chatInputSchema>>().toEqualTypeOf<ChatBody>()
  expectTypeOf<z.output<typeof chatInputSchema>>().toEqualTypeOf<ChatInput>()
  expectTypeOf<RunMode>().toEqualTypeOf<'fast' | 'thinking' | 'deep'>()
  expectTypeOf<MediaSource>().toEqualTypeOf<string | Readonly<Record<string, unknown>>>()
  const parsed = chatInputSchema.safeParse({})
  if (parsed.success) expectTypeOf(parsed.data.conversationId).toEqualTypeOf<string | null>()
  // Everything may be left out, or be null, as far as types can tell.
  expectTypeOf<Record<never, never>>().toExtend<ChatBody>()
  expectTypeOf<{ message: null; run_mode: null }>().toExtend<ChatBody>()
  // @ts-expect-error the wire's name is conversation_id
  const body: ChatBody = { message: 'hi', conversationId: 'c1' }
  void body
})

test('the chat schema can be built upon', () => {
  const withLanguage = z.object({ chat: chatInputSchema, language: z.string() })
  expectTypeOf<z.output<typeof withLanguage>>().toEqualTypeOf<{ chat: ChatInput; language: string }>()
})

test('a cancel may have a reason', () => {
  expectTypeOf<z.output<typeof cancelRequestSchema>>().toEqualTypeOf<CancelRequest>()
  expectTypeOf<CancelRequest['reason']>().toEqualTypeOf<string | null | undefined>()
})

test('what zod found becomes the issues of an answer', () => {
  const { error } = z.string().safeParse(1)
  if (error !== undefined) {
    expectTypeOf(inputIssues(error)).toEqualTypeOf<{ path: string; message: string }[]>()
    expectTypeOf(firstIssue(inputIssues(error))).toEqualTypeOf<string>()
  }
  expectTypeOf(chatLimits.iterations).toEqualTypeOf<1_000>()
})

test('the bodies of the other routes have schemas', () => {
  expectTypeOf<z.output<typeof activeCancelRequestSchema>>().toEqualTypeOf<ActiveCancelRequest>()
  expectTypeOf<z.output<typeof inputAnswerRequestSchema>>().toEqualTypeOf<InputAnswerRequest>()
  expectTypeOf(requestSchemas).toEqualTypeOf<RequestSchemas>()
  expectTypeOf(requestSchemas.ActiveCancelRequest).toEqualTypeOf(activeCancelRequestSchema)
})

test('the schemas of answers make the types of the protocol', () => {
  expectTypeOf(responseSchemas).toEqualTypeOf<ResponseSchemas>()
  expectTypeOf<z.output<ResponseSchemas['EventPage']>>().toEqualTypeOf<EventPage>()
  expectTypeOf<z.output<ResponseSchemas['TaskList']>>().toEqualTypeOf<TaskListBody>()
  expectTypeOf<z.output<ResponseSchemas['ErrorBody']>>().toEqualTypeOf<ErrorBody>()
  expectTypeOf(toJsonSchema(z.string(), '#/components/schemas/Name')).toEqualTypeOf<JsonSchema>()
})
