import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { defineTask, TaskManager, type ToolResult } from '../src/index.ts'

test('a definition gives its runner what the schema makes of the input', () => {
  const report = defineTask({
    type: 'report',
    input: z.object({ pages: z.coerce.number(), title: z.string().default('untitled') }),
    events: { x_page: z.object({ number: z.number() }) },
    scope({ userId }, input) {
      expectTypeOf(input.title).toEqualTypeOf<string>()
      return userId
    },
    async run({ input, emit, tool, signal, session }) {
      expectTypeOf(input).toEqualTypeOf<{ pages: number; title: string }>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(session).toEqualTypeOf<unknown>()
      expectTypeOf(emit('text_chunk', { content: 'x' })).toEqualTypeOf<boolean>()
      emit('x_page', { number: 1 })
      // @ts-expect-error the schema wants a number
      emit('x_page', { number: 'one' })
      // @ts-expect-error only the manager ends a task
      emit('task_complete', { status: 'succeeded' })
      // @ts-expect-error a chunk has content
      emit('text_chunk', {})
      const result = await tool({ id: '1', name: 'count' }, () => 3)
      expectTypeOf(result).toEqualTypeOf<ToolResult<number>>()
      return { pages: input.pages }
    },
  })
  expectTypeOf(report.type).toEqualTypeOf<string>()
  // Definitions of all kinds go into one manager.
  const manager = new TaskManager({
    tasks: [report, defineTask({ type: 'other', input: z.string(), run: ({ input }) => input.length })],
  })
  // @ts-expect-error a task needs an owner
  void manager.create({ input: 'x' })
})
