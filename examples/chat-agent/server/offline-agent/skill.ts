import type { ToolResult } from '@outlast/core'
import type { z } from 'zod'
import type { ChatTool } from '../tools/index.ts'

/** What a plan may do while it is carried out. */
export interface Work {
  /** Begins the next step of the plan: the progress bar moves. */
  step(): void
  /** Says aloud what was concluded from the results so far. */
  think(text: string): Promise<void>
  /** Uses a tool; `value` is absent when it failed, and `content` then says why. Rejects once the task was stopped. */
  use<Input extends z.ZodType, Output>(
    tool: ChatTool<string, Input, Output>,
    input: z.input<Input>,
    intent: string,
  ): Promise<ToolResult<Output>>
}

/** What will be done about a request. */
export interface Plan {
  /** How the request was understood, as a sentence that says what made it so. */
  readonly understood: string
  /** What will be done, in order; one line each. */
  readonly steps: readonly string[]
  /** Does it and answers in Markdown. */
  carryOut(work: Work): Promise<string>
}

/** One kind of request that rules can recognise. */
export interface Skill {
  /** @returns `null` when the request is none of its kind. */
  plan(request: string): Plan | null
}
