// Written structurally, so that `ai` is no dependency and its majors 5 and 6 both fit: only the fields that the
// bridge reads are named.

/** What the AI SDK counts, as far as it knows; numbers of tokens. */
export interface AiSdkUsage {
  readonly inputTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly totalTokens?: number | undefined
  readonly inputTokenDetails?: { readonly cacheReadTokens?: number | undefined } | undefined
  readonly outputTokenDetails?: { readonly reasoningTokens?: number | undefined } | undefined
  /** Version 5; version 6 has `inputTokenDetails`. */
  readonly cachedInputTokens?: number | undefined
  /** Version 5; version 6 has `outputTokenDetails`. */
  readonly reasoningTokens?: number | undefined
}

/** A file that the model generated. */
export interface AiSdkFile {
  readonly base64: string
  readonly uint8Array: Uint8Array
  readonly mediaType: string
}

interface ToolPart {
  readonly toolCallId: string
  readonly toolName: string
}

/** The parts of a `fullStream` that become events, by type. */
export interface AiSdkParts {
  'text-start': { readonly id: string }
  'text-delta': { readonly id: string; readonly text: string }
  'text-end': { readonly id: string }
  'reasoning-start': { readonly id: string }
  'reasoning-delta': { readonly id: string; readonly text: string }
  'reasoning-end': { readonly id: string }
  'tool-input-start': { readonly id: string; readonly toolName: string }
  'tool-input-delta': { readonly id: string; readonly delta: string }
  'tool-call': ToolPart & {
    readonly input: unknown
    /** The call cannot be made: its input is not what the tool takes, or there is no such tool. */
    readonly invalid?: boolean | undefined
    readonly providerExecuted?: boolean | undefined
    readonly error?: unknown
  }
  'tool-result': ToolPart & {
    readonly input: unknown
    readonly output: unknown
    /** An interim result; more follow. */
    readonly preliminary?: boolean | undefined
  }
  'tool-error': ToolPart & { readonly input: unknown; readonly error: unknown }
  'tool-output-denied': ToolPart
  source: {
    readonly sourceType: string
    readonly url?: string | undefined
    readonly title?: string | undefined
  }
  file: { readonly file: AiSdkFile }
  'start-step': object
  'finish-step': { readonly usage: AiSdkUsage }
  finish: { readonly finishReason: string }
  error: { readonly error: unknown }
}

/** Type of a part that becomes an event. */
export type AiSdkPartType = keyof AiSdkParts

/** A part that becomes an event. */
export type AiSdkPart = { [Type in AiSdkPartType]: { readonly type: Type } & AiSdkParts[Type] }[AiSdkPartType]

/**
 * A `fullStream` of the AI SDK's `streamText`. Any part is accepted: those of a type that makes no event, such as
 * a newer version's, are passed over.
 */
export type AiSdkStream = AsyncIterable<{ readonly type: string }>
