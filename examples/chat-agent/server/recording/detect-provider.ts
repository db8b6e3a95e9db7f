import { field } from './recorded-response.ts'

/** A provider of the AI SDK, with the one of its APIs that the recording is of. */
export type RecordedProvider =
  | 'anthropic'
  | 'deepseek'
  | 'google'
  | 'groq'
  | 'mistral'
  | 'openai.chat'
  | 'openai.responses'
  | 'openai-compatible'
  | 'xai.chat'
  | 'xai.responses'

const openaiModels = /^(gpt-|chatgpt-|codex-|o\d)/

const completionModels: readonly (readonly [RegExp, RecordedProvider])[] = [
  [/^deepseek/, 'deepseek'],
  [/^grok/, 'xai.chat'],
  [/^(open-|open)?(mi[sx]tral|ministral|magistral|codestral|devstral|pixtral)/, 'mistral'],
  [openaiModels, 'openai.chat'],
]

/** Where a recording comes from. */
export interface RecordedOrigin {
  readonly provider: RecordedProvider
  /** The model's id, empty where the stream does not say it. */
  readonly model: string
}

/** Whose stream these chunks are of, by what the first of them say; `null` when no provider here reads it. */
export function detectProvider(chunks: readonly unknown[]): RecordedOrigin | null {
  for (const chunk of chunks.slice(0, 5)) {
    const provider = providerOf(chunk)
    if (provider !== null) return { provider, model: modelOf(chunk) }
  }
  return null
}

function providerOf(chunk: unknown): RecordedProvider | null {
  const type = field(chunk, 'type')
  if (type === 'message_start') return 'anthropic'
  if (typeof type === 'string' && type.startsWith('response.')) {
    // Other servers of this API stream their reasoning as `response.reasoning_text.delta`, which xAI's parser reads
    // and OpenAI's drops.
    return openaiModels.test(modelOf(chunk)) ? 'openai.responses' : 'xai.responses'
  }
  if (Array.isArray(field(chunk, 'candidates'))) return 'google'
  if (field(chunk, 'object') !== 'chat.completion.chunk') return null
  if (field(chunk, 'x_groq') !== undefined) return 'groq'
  const model = modelOf(chunk)
  return completionModels.find(([pattern]) => pattern.test(model))?.[1] ?? 'openai-compatible'
}

// OpenAI's responses and Anthropic's messages carry it one level down.
function modelOf(chunk: unknown): string {
  const model = field(field(chunk, 'response') ?? field(chunk, 'message') ?? chunk, 'model')
  return typeof model === 'string' ? model : ''
}
