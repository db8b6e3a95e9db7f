import { type ChatMedia, type ChatRunInput, defineChatTask, TaskManager } from '@outlast/core'
import type { ChatInput, MediaSource, RunMode } from '@outlast/core/schemas'
import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'

it('types what the runner of a chat task is given', () => {
  defineChatTask({
    events: { x_note: z.object({ text: z.string() }) },
    run({ input, emit }) {
      expectTypeOf(input).toEqualTypeOf<ChatRunInput>()
      expectTypeOf(input.message).toEqualTypeOf<string>()
      expectTypeOf(input.images).toEqualTypeOf<readonly MediaSource[]>()
      expectTypeOf(input.media).toEqualTypeOf<readonly ChatMedia[]>()
      expectTypeOf(input.runMode).toEqualTypeOf<'fast' | 'thinking' | 'deep' | null>()
      expectTypeOf(input.thinkingMode).toEqualTypeOf<boolean | string | null>()
      expectTypeOf(input.maxIterations).toEqualTypeOf<number | null>()
      emit('x_note', { text: 'hello' })
      // @ts-expect-error: the schema wants a text
      emit('x_note', { text: 7 })
      // @ts-expect-error: no such event
      emit('x_other', {})
    },
  })
  expectTypeOf<ChatRunInput['runMode']>().toEqualTypeOf<RunMode | null>()
  expectTypeOf<ChatMedia['type']>().toEqualTypeOf<'image' | 'video'>()
})

it('gives its scope the stored input, and has the type of a definition', () => {
  const chat = defineChatTask({
    type: 'support',
    maxBodyBytes: 1_000_000,
    scope(_owner, input) {
      expectTypeOf(input).toEqualTypeOf<ChatInput>()
      return input.conversationId
    },
    run: () => ({ answered: true }),
  })
  expectTypeOf(chat.run).returns.toEqualTypeOf<{ answered: boolean } | PromiseLike<{ answered: boolean }>>()
  void new TaskManager({ tasks: [chat] })
  // @ts-expect-error: the input is the preset's own
  defineChatTask({ input: z.string(), run: () => null })
  // @ts-expect-error: a chat task answers
  defineChatTask({})
})
