import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { type ChatMedia, defineChatTask } from '../src/index.ts'

it('types what the runner of a chat task is given', () => {
  defineChatTask({
    events: { x_note: z.object({ text: z.string() }) },
    run({ input, emit }) {
      expectTypeOf(input.message).toBeString()
      expectTypeOf(input.media).toEqualTypeOf<readonly ChatMedia[]>()
      expectTypeOf(input.runMode).toEqualTypeOf<'fast' | 'thinking' | 'deep' | null>()
      emit('x_note', { text: 'hello' })
      // @ts-expect-error: the schema wants a text
      emit('x_note', { text: 7 })
      // @ts-expect-error: no such event
      emit('x_other', {})
    },
  })
})
