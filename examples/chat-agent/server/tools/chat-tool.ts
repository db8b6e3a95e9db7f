import type { ToolUpdate } from '@outlast/core'
import type { z } from 'zod'

/** Where a tool works and how it is stopped. */
export interface ToolEnvironment {
  /** Absolute path of the checkout; nothing outside of it is read. */
  checkout: string
  /** Aborted by a stop; every process that a tool started is gone before the tool ends. */
  signal: AbortSignal
  /** Shows something while the tool runs. */
  report(update: ToolUpdate): void
}

/** A tool that both the language model and the offline agent use. */
export interface ChatTool<
  Name extends string = string,
  Input extends z.ZodType = z.ZodType,
  Output = unknown,
> {
  readonly name: Name
  /** Tells a model when to use the tool. */
  readonly description: string
  readonly input: Input
  run(input: z.output<Input>, environment: ToolEnvironment): Promise<Output>
}

/** Declares a tool with its types inferred. */
export function defineChatTool<Name extends string, Input extends z.ZodType, Output>(
  tool: ChatTool<Name, Input, Output>,
): ChatTool<Name, Input, Output> {
  return tool
}
