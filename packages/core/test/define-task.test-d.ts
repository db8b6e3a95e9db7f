import {
  type AnyTaskDefinition,
  type CustomEvents,
  defineTask,
  type EmittableEvents,
  type EventsOf,
  type TaskContext,
  type TaskDefinition,
  type TaskOwner,
} from '@outlast/core'
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'

test('a definition gives its functions what the schema makes of the input', () => {
  const report = defineTask({
    type: 'report',
    input: z.object({ pages: z.coerce.number(), title: z.string().default('untitled') }),
    scope(owner, input) {
      expectTypeOf(owner).toEqualTypeOf<TaskOwner>()
      expectTypeOf(input).toEqualTypeOf<{ pages: number; title: string }>()
      return owner.userId
    },
    summary(input) {
      expectTypeOf(input).toEqualTypeOf<{ pages: number; title: string }>()
      return { message: input.title }
    },
    conversationId(input) {
      expectTypeOf(input).toEqualTypeOf<{ pages: number; title: string }>()
      return null
    },
    async run(context) {
      expectTypeOf(context.input).toEqualTypeOf<{ pages: number; title: string }>()
      return { pages: context.input.pages }
    },
  })
  expectTypeOf(report.type).toEqualTypeOf<string>()
  expectTypeOf(report.run).returns.toEqualTypeOf<{ pages: number } | PromiseLike<{ pages: number }>>()
})

test('every kind of schema gives its output', () => {
  defineTask({
    type: 'kinds',
    input: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('url'), url: z.url() }),
      z.object({ kind: z.literal('text'), text: z.string().transform((text) => text.length) }),
    ]),
    run({ input }) {
      expectTypeOf(input).toEqualTypeOf<{ kind: 'url'; url: string } | { kind: 'text'; text: number }>()
      if (input.kind === 'text') expectTypeOf(input.text).toEqualTypeOf<number>()
    },
  })
  defineTask({
    type: 'anything',
    input: z.unknown(),
    run: ({ input }) => expectTypeOf(input).toEqualTypeOf<unknown>(),
  })
  defineTask({
    type: 'text',
    input: z.string(),
    run: ({ input }) => expectTypeOf(input).toEqualTypeOf<string>(),
  })
})

test('emit knows the built-in events, and refuses those of the manager and of nobody', () => {
  defineTask({
    type: 'built-in',
    input: z.unknown(),
    run({ emit }) {
      expectTypeOf(emit('text_chunk', { content: 'x' })).toEqualTypeOf<boolean>()
      emit('text_start', {})
      emit('text_end', { id: null })
      emit('update_action', { id: '1', status: 'running', progress: 0.5 })
      emit('token_update', { input: 1, output: 2, total: 3, cached: 1 })
      // @ts-expect-error a chunk has content
      emit('text_chunk', {})
      // @ts-expect-error content is a text
      emit('text_chunk', { content: 1 })
      // @ts-expect-error no such status of a tool
      emit('update_action', { id: '1', status: 'done' })
      // @ts-expect-error every event has data
      emit('text_start')
      // @ts-expect-error only the manager ends a task
      emit('task_complete', { status: 'succeeded' })
      // @ts-expect-error `waitForInput` asks
      emit('input_request', { id: '1', prompt: 'Really?' })
      // @ts-expect-error `answerInput` answers
      emit('input_response', { id: '1', outcome: 'answered' })
      // @ts-expect-error only the manager begins an attempt
      emit('attempt_reset', { attempt: 2, keep_before: 0 })
      // @ts-expect-error an event of the application's own has to be declared
      emit('x_page', { number: 1 })
    },
  })
})

test('emit takes the application’s own events as their schemas take them', () => {
  const events = { x_page: z.object({ number: z.number(), notes: z.array(z.string()).default([]) }) }
  expectTypeOf<EventsOf<typeof events>>().toEqualTypeOf<{
    x_page: { number: number; notes?: string[] | undefined }
  }>()
  defineTask({
    type: 'own',
    input: z.unknown(),
    events,
    run({ emit }) {
      emit('x_page', { number: 1 })
      emit('x_page', { number: 1, notes: ['a'] })
      emit('text_chunk', { content: 'x' })
      // @ts-expect-error the schema wants a number
      emit('x_page', { number: 'one' })
      // @ts-expect-error the schema wants texts
      emit('x_page', { number: 1, notes: [2] })
      // @ts-expect-error no such event
      emit('x_pages', { number: 1 })
      // @ts-expect-error only the manager ends a task
      emit('task_complete', { status: 'succeeded' })
    },
  })
  expectTypeOf<EmittableEvents<{ x_page: { number: number } }>['x_page']>().toEqualTypeOf<{
    number: number
  }>()
  expectTypeOf<'task_complete'>().not.toExtend<keyof EmittableEvents<Record<never, never>>>()
})

test('a helper that takes any context is given every one', () => {
  const say = (context: TaskContext, content: string) => context.emit('text_chunk', { content })
  expectTypeOf<TaskContext>().toEqualTypeOf<TaskContext<unknown, CustomEvents>>()
  defineTask({
    type: 'helped',
    input: z.object({ name: z.string() }),
    run: (context) => expectTypeOf(say(context, context.input.name)).toEqualTypeOf<boolean>(),
  })
})

test('what a definition may say besides has its own words', () => {
  const base = { type: 'words', input: z.string(), run: () => null }
  defineTask({ ...base, onInterrupted: 'retry', maxAttempts: 2, timeoutMs: 60_000, priority: -1 })
  defineTask({ ...base, onConflict: 'queue', maxQueued: 3, lifetime: 'connection', maxBodyBytes: 10 })
  defineTask({ ...base, scope: () => null, conversationId: (input) => input, summary: () => ({}) })
  // @ts-expect-error no such policy
  defineTask({ ...base, onConflict: 'wait' })
  // @ts-expect-error no such answer to an interruption
  defineTask({ ...base, onInterrupted: 'ignore' })
  // @ts-expect-error no such lifetime
  defineTask({ ...base, lifetime: 'request' })
  // @ts-expect-error no such option
  defineTask({ ...base, retries: 3 })
  // @ts-expect-error a task has a type
  defineTask({ input: z.string(), run: () => null })
  // @ts-expect-error a task has an input
  defineTask({ type: 'words', run: () => null })
  // @ts-expect-error a task runs
  defineTask({ type: 'words', input: z.string() })
  // @ts-expect-error a scope is a text
  defineTask({ ...base, scope: () => 1 })
  // @ts-expect-error the public fields are an object
  defineTask({ ...base, summary: () => 'text' })
})

test('definitions of all types fit into one list', () => {
  const tasks: readonly AnyTaskDefinition[] = [
    defineTask({ type: 'a', input: z.string(), run: ({ input }) => input.length }),
    defineTask({
      type: 'b',
      input: z.object({ file: z.string() }),
      events: { x_row: z.object({ number: z.number() }) },
      scope: (_owner, input) => input.file,
      async run({ emit }) {
        emit('x_row', { number: 1 })
      },
    }),
  ]
  expectTypeOf(tasks).items.toEqualTypeOf<AnyTaskDefinition>()
  expectTypeOf<TaskDefinition>().toExtend<AnyTaskDefinition>()
})
