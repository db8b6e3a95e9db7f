import { createAnthropic } from '@ai-sdk/anthropic'
import { createDeepSeek } from '@ai-sdk/deepseek'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createGroq } from '@ai-sdk/groq'
import { createMistral } from '@ai-sdk/mistral'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { createXai } from '@ai-sdk/xai'
import { wrapLanguageModel } from 'ai'
import type { RecordedProvider } from './detect-provider.ts'
import type { Recording } from './read-recording.ts'
import { replayFetch } from './replay-fetch.ts'

/** A model of the AI SDK that is no alias and no older version. */
export type ProviderModel = Parameters<typeof wrapLanguageModel>[0]['model']

interface ProviderSettings {
  readonly apiKey: string
  readonly fetch: typeof fetch
}

// No request leaves the process: `fetch` is the replay. The key only satisfies the providers' checks.
const models: Record<RecordedProvider, (settings: ProviderSettings, model: string) => ProviderModel> = {
  anthropic: (settings, model) => createAnthropic(settings)(model),
  deepseek: (settings, model) => createDeepSeek(settings)(model),
  google: (settings, model) => createGoogleGenerativeAI(settings)(model),
  groq: (settings, model) => createGroq(settings)(model),
  mistral: (settings, model) => createMistral(settings)(model),
  'openai.chat': (settings, model) => createOpenAI(settings).chat(model),
  'openai.responses': (settings, model) => createOpenAI(settings).responses(model),
  'openai-compatible': (settings, model) =>
    createOpenAICompatible({ ...settings, name: 'recording', baseURL: 'http://recording.invalid' })(model),
  'xai.chat': (settings, model) => createXai(settings).chat(model),
  'xai.responses': (settings, model) => createXai(settings).responses(model),
}

/** Options of {@link recordingModel}. */
export interface RecordingModelOptions {
  /** Milliseconds from one chunk to the next; 0 for as fast as it is read. Default 20. */
  pace?: number
}

/**
 * A language model that says what was recorded, through the provider's own parser. How many answers the prompt already
 * holds says which one is next; a user's message after the last one begins again with the first.
 */
export function recordingModel(recording: Recording, options: RecordingModelOptions = {}): ProviderModel {
  const { pace = 20 } = options
  const answers = recording.responses.map((response) =>
    models[recording.provider](
      { apiKey: 'recording', fetch: replayFetch(response, pace) },
      recording.model || 'recording',
    ),
  )
  const [first] = answers
  if (first === undefined) throw new Error('The recording holds no answer.')
  return wrapLanguageModel({
    model: first,
    middleware: {
      specificationVersion: 'v3',
      wrapStream: ({ params: { prompt, ...params } }) => {
        const given = prompt.filter((message) => message.role === 'assistant').length
        if (given >= answers.length && prompt.at(-1)?.role !== 'user') {
          throw new Error(`The recording ends after ${answers.length} answers.`)
        }
        const next = answers[given % answers.length] ?? first
        return next.doStream({ ...params, prompt })
      },
    },
  })
}
