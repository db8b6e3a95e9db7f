import { basename } from 'node:path'
import type { LanguageModel, ToolSet } from 'ai'

/** A language model that the environment asks for. */
export interface ChosenModel {
  name: string
  model: LanguageModel
  /** Name of the file that is played back, if the model is a recording. */
  recording?: string
  /** A recording brings the tools that it calls, and answers the same whatever was said before. */
  recordedTools?: ToolSet
}

interface Provider {
  /** Variable that holds the key; the provider reads it by itself. */
  readonly key: string
  readonly defaultModel: string
  create(model: string): Promise<LanguageModel>
}

/** The first whose key is set is taken. Loaded on demand: nobody needs all of them. */
const providers: readonly Provider[] = [
  {
    key: 'OPENAI_API_KEY',
    defaultModel: 'gpt-5-mini',
    create: async (model) => (await import('@ai-sdk/openai')).openai(model),
  },
  {
    key: 'ANTHROPIC_API_KEY',
    defaultModel: 'claude-haiku-4-5',
    create: async (model) => (await import('@ai-sdk/anthropic')).anthropic(model),
  },
  {
    key: 'DEEPSEEK_API_KEY',
    defaultModel: 'deepseek-v4-flash',
    create: async (model) => (await import('@ai-sdk/deepseek')).deepseek(model),
  },
  {
    key: 'XAI_API_KEY',
    defaultModel: 'grok-4.3',
    create: async (model) => (await import('@ai-sdk/xai')).xai(model),
  },
  {
    key: 'GROQ_API_KEY',
    defaultModel: 'openai/gpt-oss-120b',
    create: async (model) => (await import('@ai-sdk/groq')).groq(model),
  },
  {
    key: 'GOOGLE_GENERATIVE_AI_API_KEY',
    defaultModel: 'gemini-flash-latest',
    create: async (model) => (await import('@ai-sdk/google')).google(model),
  },
  {
    key: 'MISTRAL_API_KEY',
    defaultModel: 'mistral-medium-latest',
    create: async (model) => (await import('@ai-sdk/mistral')).mistral(model),
  },
]

/**
 * The model that the environment asks for: a recording, a server that speaks OpenAI's protocol, or the provider whose
 * key is set; `null` when there is none of these.
 */
export async function chooseModel(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ChosenModel | null> {
  if (env.RECORDING) {
    const { readRecording, recordedTools, recordingModel } = await import('./recording/index.ts')
    const recording = await readRecording(env.RECORDING)
    return {
      name: `recording ${basename(env.RECORDING)}`,
      recording: basename(env.RECORDING),
      model: recordingModel(recording),
      recordedTools: recordedTools(recording),
    }
  }
  if (env.OPENAI_BASE_URL) {
    if (!env.MODEL) throw new Error('OPENAI_BASE_URL is set: name the model of that server in MODEL, please.')
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
    const server = createOpenAICompatible({
      name: 'openai-compatible',
      baseURL: env.OPENAI_BASE_URL,
      includeUsage: true,
      ...(env.OPENAI_API_KEY ? { apiKey: env.OPENAI_API_KEY } : {}),
    })
    return { name: env.MODEL, model: server(env.MODEL) }
  }
  const provider = providers.find(({ key }) => env[key])
  if (provider === undefined) return null
  const name = env.MODEL || provider.defaultModel
  return { name, model: await provider.create(name) }
}
