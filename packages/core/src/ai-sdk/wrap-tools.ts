import type { TaskContext, ToolUpdate } from '../task-context.ts'
import { bridgeStateOf } from './bridge-state.ts'

/** What the AI SDK hands to a tool's `execute`, as far as it concerns us. */
interface ExecuteOptions {
  readonly toolCallId: string
  readonly abortSignal?: AbortSignal | undefined
}

type Execute = (input: unknown, options: ExecuteOptions) => unknown
type ToModelOutput = (argument: unknown) => unknown

/** A tool set of the AI SDK: tools by name. */
export type AiSdkTools = Readonly<Record<string, object>>

/**
 * Puts every tool that the AI SDK runs itself behind the task's stop gate: after an accepted stop it does not start,
 * while it runs its `abortSignal` joins the task's stop with the SDK's, and when it is stopped it leaves the result
 * "cancelled by user" in the log and in the model's transcript. What it throws still becomes the SDK's `tool-error`;
 * what it yields becomes interim results in the log. Tools without `execute` are passed through.
 *
 * The transcript's "cancelled by user" bypasses a tool's own `toModelOutput` (with version 5 of the SDK, which does not
 * say which call the output is of, `toModelOutput` is given that string).
 *
 * @returns the same tools, of the same type; see `forwardAiSdkStream` for an example.
 */
export function wrapTools<Tools extends AiSdkTools>(ctx: Pick<TaskContext, 'tool'>, tools: Tools): Tools {
  const wrapped = Object.entries(tools).map(([name, tool]) => [name, wrapTool(ctx, name, tool)])
  return Object.fromEntries(wrapped) as Tools
}

function wrapTool(ctx: Pick<TaskContext, 'tool'>, name: string, tool: object): object {
  if (!hasExecute(tool)) return tool
  const state = bridgeStateOf(ctx)
  const canceled = new Map<string, string>()
  state.wrappedNames.add(name)

  const execute = async (input: unknown, options: ExecuteOptions): Promise<unknown> => {
    const id = options.toolCallId
    await state.order.reached(id)
    state.wrappedCalls.add(id)
    const result = await ctx.tool({ id, name, input }, (signal, report) => {
      const abortSignal = joined(signal, options.abortSignal)
      return lastOf(tool.execute(input, { ...options, abortSignal }), abortSignal, report)
    })
    if (result.status === 'completed') return result.value
    if (result.status === 'failed') throw result.error
    canceled.set(id, result.content)
    return result.content
  }
  if (!hasToModelOutput(tool)) return { ...tool, execute }

  const toModelOutput = (argument: unknown): unknown => {
    const content = canceled.get(callIdOf(argument))
    return content === undefined ? tool.toModelOutput(argument) : { type: 'text', value: content }
  }
  return { ...tool, execute, toModelOutput }
}

function joined(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other])
}

/** The value of a call, or the last of those that it yields; the others are reported as they come. */
async function lastOf(
  returned: unknown,
  signal: AbortSignal,
  report: (update: ToolUpdate) => void,
): Promise<unknown> {
  if (!isAsyncIterable(returned)) return returned
  let last: unknown
  for await (const value of returned) {
    signal.throwIfAborted()
    last = value
    report({ result: value })
  }
  return last
}

function hasExecute(tool: object): tool is { readonly execute: Execute } {
  return 'execute' in tool && typeof tool.execute === 'function'
}

function hasToModelOutput(tool: object): tool is { readonly toModelOutput: ToModelOutput } {
  return 'toModelOutput' in tool && typeof tool.toModelOutput === 'function'
}

function callIdOf(argument: unknown): string {
  if (typeof argument !== 'object' || argument === null || !('toolCallId' in argument)) return ''
  return typeof argument.toolCallId === 'string' ? argument.toolCallId : ''
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
