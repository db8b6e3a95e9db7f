import { streamText, type TextStreamPart, type ToolSet, tool } from 'ai'
import { expectTypeOf } from 'vitest'
import * as z from 'zod'
import type { AiSdkParts, AiSdkPartType } from '../../src/ai-sdk/ai-sdk-part.ts'
import { type ForwardSummary, forwardAiSdkStream, wrapTools } from '../../src/ai-sdk/index.ts'
import type { TaskContext } from '../../src/index.ts'

// Checked by the compiler alone; nothing here runs.

type SdkPart = TextStreamPart<ToolSet>
type Misfits = {
  [Type in AiSdkPartType]: Extract<SdkPart, { type: Type }> extends AiSdkParts[Type] ? never : Type
}[AiSdkPartType]
/** Every part that the bridge reads is one that the SDK sends, and has the fields that the bridge reads. */
expectTypeOf<Misfits>().toEqualTypeOf<never>()
expectTypeOf<AiSdkPartType>().toExtend<SdkPart['type']>()

const weather = tool({
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, degrees: 3 }),
})
const ask = tool({ inputSchema: z.object({ question: z.string() }) })

export function acceptsTheRealTypes(
  ctx: TaskContext<{ message: string }, { x_note: { text: string } }>,
  options: Omit<Parameters<typeof streamText>[0], 'tools' | 'prompt' | 'messages'>,
  toolsFromElsewhere: ToolSet,
): void {
  const wrapped = wrapTools(ctx, { weather, ask })
  expectTypeOf(wrapped).toEqualTypeOf<{ weather: typeof weather; ask: typeof ask }>()
  const { fullStream } = streamText({ ...options, prompt: '', tools: { weather: wrapped.weather } })
  expectTypeOf(forwardAiSdkStream(ctx, fullStream)).resolves.toEqualTypeOf<ForwardSummary>()
  expectTypeOf(wrapTools(ctx, toolsFromElsewhere)).toEqualTypeOf<ToolSet>()
}
