import { TaskError } from '../errors.ts'
import type { ToolStatus } from '../protocol/index.ts'
import { fittingValue, toolText } from '../tool-output.ts'
import { addUsage } from './add-usage.ts'
import type { AiSdkFile, AiSdkPart, AiSdkParts, AiSdkPartType } from './ai-sdk-part.ts'
import type { BridgeEmit } from './bridge-emit.ts'
import type { BridgeState, TokenCounts } from './bridge-state.ts'
import { emitFitting, emitText } from './emit-fitting.ts'
import type { StreamBlocks } from './stream-blocks.ts'
import { sentenceOf } from './stream-error.ts'

/** What there is to know of a stream that is being forwarded. */
export interface StreamProgress {
  /** Text of the current step. */
  text: string
  usage: TokenCounts
  finishReason: string | null
  /** Values of the `error` parts. */
  readonly errors: unknown[]
}

/** What the handlers work with. */
export interface PartTools {
  readonly emit: BridgeEmit
  readonly state: BridgeState
  readonly progress: StreamProgress
  readonly text: StreamBlocks
  readonly thinking: StreamBlocks
  readonly fileUrl: (file: AiSdkFile) => string | PromiseLike<string>
}

/** What each type of part becomes. */
export type PartHandlers = {
  readonly [Type in AiSdkPartType]: (part: AiSdkParts[Type]) => void | PromiseLike<void>
}

/** The handlers of one stream. */
export function partHandlers({ emit, state, progress, text, thinking, fileUrl }: PartTools): PartHandlers {
  const names = new Map<string, string>()
  const started = new Set<string>()

  /** Shows a call that has not begun: its whole input as the text that would have streamed in. */
  const prepare = (part: AiSdkParts['tool-call']): void => {
    if (names.has(part.toolCallId) || state.wrappedCalls.has(part.toolCallId)) return
    const { toolCallId: id, toolName: name } = part
    const input = toolText(part.input ?? '', Number.POSITIVE_INFINITY)
    emitText(input, (piece) => emit('tool_preparing', { id, name, arguments_delta: piece }))
  }
  const start = (part: AiSdkParts['tool-call'] | AiSdkParts['tool-result']): void => {
    if (started.has(part.toolCallId)) return
    started.add(part.toolCallId)
    const { toolCallId: id, toolName: name, input } = part
    emitFitting((maxBytes) => {
      emit('tool_start', { id, name, arguments: fittingValue(input, Math.floor(maxBytes / 2)) })
    })
  }
  return {
    'text-start': ({ id }) => text.start(id),
    'text-delta': ({ id, text: content }) => {
      progress.text += content
      text.write(id, content)
    },
    'text-end': ({ id }) => text.end(id),
    'reasoning-start': ({ id }) => thinking.start(id),
    'reasoning-delta': ({ id, text: content }) => thinking.write(id, content),
    'reasoning-end': ({ id }) => thinking.end(id),
    'tool-input-start': ({ id, toolName }) => {
      names.set(id, toolName)
      if (!state.wrappedCalls.has(id)) emit('tool_preparing', { id, name: toolName })
    },
    'tool-input-delta': ({ id, delta }) => {
      if (state.wrappedCalls.has(id)) return
      const name = names.get(id) ?? ''
      emitText(delta, (piece) => emit('tool_preparing', { id, name, arguments_delta: piece }))
    },
    'tool-call': (part) => {
      // What the provider runs is only observed. Of the SDK's own calls an invalid one never runs, so it never
      // starts (a `tool-error` follows it), and a wrapped tool writes its start behind the stop gate.
      const isOwn = part.providerExecuted !== true
      if (isOwn && (part.invalid === true || state.wrappedNames.has(part.toolName))) prepare(part)
      else start(part)
      state.order.called(part.toolCallId)
    },
    'tool-result': (part) => {
      if (state.wrappedCalls.has(part.toolCallId)) return
      start(part)
      const status = part.preliminary === true ? 'running' : 'completed'
      emitResult(emit, part.toolCallId, status, part.output)
    },
    'tool-error': ({ toolCallId: id, error }) => {
      if (state.wrappedCalls.has(id)) return
      const sentence = sentenceOf(error)
      emitFitting((maxBytes) => {
        // It stands in the event twice.
        const message = toolText(sentence, Math.floor(maxBytes / 4))
        emit('update_action', { id, status: 'failed', result: message, message })
      })
    },
    'tool-output-denied': ({ toolCallId: id }) => {
      const message = 'denied by user'
      emit('update_action', { id, status: 'canceled', result: message, message })
    },
    source: ({ url, title }) => {
      if (url !== undefined) emit('source', { url, title: title ?? null })
    },
    file: async ({ file }) => emit('file', { media_type: file.mediaType, url: await fileUrl(file) }),
    'start-step': () => {
      progress.text = ''
    },
    'finish-step': ({ usage }) => {
      progress.usage = addUsage(progress.usage, usage)
      state.usage = addUsage(state.usage, usage)
      emit('token_update', { ...state.usage })
    },
    finish: ({ finishReason }) => {
      progress.finishReason = finishReason
    },
    error: ({ error }) => {
      progress.errors.push(error)
    },
  }
}

// A provider's tool may return megabytes, such as a fetched document: too much for an event, no reason to fail.
function emitResult(emit: BridgeEmit, id: string, status: ToolStatus, result: unknown): void {
  try {
    emit('update_action', { id, status, result })
  } catch (error) {
    if (!TaskError.is(error, 'invalid_event')) throw error
    emit('update_action', { id, status, message: `The result is not shown. ${error.message}` })
  }
}

/** Hands a part to the handler of its type; parts of other types are passed over. */
export async function handlePart(handlers: PartHandlers, part: { readonly type: string }): Promise<void> {
  if (isHandled(part, handlers)) await dispatch(handlers, part)
}

function isHandled(part: { readonly type: string }, handlers: PartHandlers): part is AiSdkPart {
  return Object.hasOwn(handlers, part.type)
}

function dispatch<Type extends AiSdkPartType>(
  handlers: PartHandlers,
  part: { readonly type: Type } & AiSdkParts[Type],
): void | PromiseLike<void> {
  return handlers[part.type](part)
}
