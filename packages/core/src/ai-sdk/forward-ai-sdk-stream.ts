import { defaults } from '../defaults.ts'
import { textHead, textPieces } from '../tool-output.ts'
import type { AiSdkFile, AiSdkStream } from './ai-sdk-part.ts'
import type { BridgeEmit, BridgeEvents } from './bridge-emit.ts'
import { bridgeStateOf, noTokens, type TokenCounts } from './bridge-state.ts'
import { handlePart, partHandlers, type StreamProgress } from './part-handlers.ts'
import { streamBlocks } from './stream-blocks.ts'
import { streamError } from './stream-error.ts'
import { untilAborted } from './until-aborted.ts'

/** The part of a task's context that forwarding needs; every `TaskContext` has it. */
export interface ForwardContext {
  readonly attempt: number
  readonly signal: AbortSignal
  emit<Type extends keyof BridgeEvents>(type: Type, data: BridgeEvents[Type]): boolean
  flush(): Promise<void>
}

/** Options of {@link forwardAiSdkStream}. */
export interface ForwardOptions {
  /**
   * Gives a generated file its URL, say by storing it somewhere. The default is a `data:` URL, which must fit into
   * one event (256 KiB by default): a larger one ends the task with `invalid_event`.
   */
  fileUrl?: (file: AiSdkFile, signal: AbortSignal) => string | PromiseLike<string>
}

/** Most UTF-16 units of a summary's text. */
const maxSummaryText = 65_536
/** What the JSON of the rest of a result and its event take at most. */
const roomBesideText = 8_192

/** What came of a stream; plain JSON, so that it can be the task's result. */
export interface ForwardSummary {
  /**
   * Text of the last step, which is the answer. Of a long one the first 65,536 characters, so that a summary fits into
   * a task's result (with the default `maxEventBytes`, which bounds results too); the log has all of it.
   */
  text: string
  /** True: there was more text. */
  truncated: boolean
  /** Tokens of this stream, all steps together. */
  usage: TokenCounts
  /** Why the model stopped, in the AI SDK's words; `null` when the stream was aborted. */
  finishReason: string | null
}

/**
 * Writes a `fullStream` of the AI SDK (5 or 6) into the task's log: text, reasoning, tool calls with their streamed
 * arguments and results, sources, files and usage.
 *
 * Pass `ctx.signal` to `streamText` as `abortSignal`, and the tools through `wrapTools`. A stop of the task
 * ends the forwarding at once and quietly, with what came so far. An `error` part does not: the stream is read to
 * its end, so that nothing the model said is lost, and then the first error is thrown, which ends the task as failed
 * unless the runner catches it. Tool ids are the SDK's `toolCallId`; text and thinking get ids of their own, because
 * the SDK's repeat from step to step. Sources without a URL, approval requests and raw parts make no event.
 *
 * @throws the error of the stream, as an `Error`; what the SDK gave is its `cause` when it was none.
 * @example
 * ```ts
 * const chat = defineTask({
 *   type: 'chat',
 *   input: z.object({ message: z.string() }),
 *   async run(ctx) {
 *     const { fullStream } = streamText({
 *       model,
 *       prompt: ctx.input.message,
 *       tools: wrapTools(ctx, tools),
 *       stopWhen: stepCountIs(20),
 *       abortSignal: ctx.signal,
 *     })
 *     return forwardAiSdkStream(ctx, fullStream)
 *   },
 * })
 * ```
 */
export async function forwardAiSdkStream(
  ctx: ForwardContext,
  stream: AiSdkStream,
  options: ForwardOptions = {},
): Promise<ForwardSummary> {
  let full = false
  const emit: BridgeEmit = (type, data) => {
    if (!ctx.emit(type, data)) full = true
  }
  const { fileUrl = dataUrl } = options
  const state = bridgeStateOf(ctx)
  const progress: StreamProgress = { text: '', usage: noTokens, finishReason: null, errors: [] }
  const text = streamBlocks('text', emit, state, ctx.attempt)
  const thinking = streamBlocks('thinking', emit, state, ctx.attempt)
  const handlers = partHandlers({
    emit,
    state,
    progress,
    text,
    thinking,
    fileUrl: (file) => fileUrl(file, ctx.signal),
  })

  const close = state.order.open()
  try {
    for await (const part of untilAborted(stream, ctx.signal)) {
      await handlePart(handlers, part)
      if (full) {
        full = false
        await ctx.flush()
      }
      state.order.moved()
    }
    text.endAll()
    thinking.endAll()
  } finally {
    close()
  }
  if (progress.errors.length > 0 && !ctx.signal.aborted) throw streamError(progress.errors[0])
  const { usage, finishReason } = progress
  return { ...summaryText(progress.text), usage, finishReason }
}

function summaryText(all: string): Pick<ForwardSummary, 'text' | 'truncated'> {
  const head = textHead(all, maxSummaryText)
  // Text in any language fits now; what consists of control characters is six times as long in JSON.
  const [text = ''] = textPieces(head, defaults.maxEventBytes - roomBesideText)
  return { text, truncated: text.length < all.length }
}

function dataUrl(file: AiSdkFile): string {
  return `data:${file.mediaType};base64,${file.base64}`
}
