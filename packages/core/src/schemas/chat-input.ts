import * as z from 'zod'

/** How much effort an answer may take, as the user chose it. */
export type RunMode = 'fast' | 'thinking' | 'deep'

/** A picture or a film of a chat message: an address, a data URL, an id, or an object of the application's own. */
export type MediaSource = string | Readonly<Record<string, unknown>>

/** What a chat task was asked, as it is stored; `null` stands for what the body left out. */
export interface ChatInput {
  /** Trimmed; empty only when there are images or videos. */
  message: string
  images: readonly MediaSource[]
  videos: readonly MediaSource[]
  conversationId: string | null
  modelKey: string | null
  /** The application's own switch: on, off, or the name of a mode. */
  thinkingMode: boolean | string | null
  runMode: RunMode | null
  /** 1 to 1,000. */
  maxIterations: number | null
}

/** Body that creates a chat task, in the wire's names; `null` means absent. */
export interface ChatBody {
  message?: string | null | undefined
  images?: readonly MediaSource[] | null | undefined
  videos?: readonly MediaSource[] | null | undefined
  conversation_id?: string | null | undefined
  model_key?: string | null | undefined
  thinking_mode?: boolean | string | null | undefined
  run_mode?: string | null | undefined
  max_iterations?: number | null | undefined
}

/** Bounds of the chat body, in characters and items. */
export const chatLimits = {
  messageLength: 1_000_000,
  idLength: 256,
  /** Images, and videos, of one message. */
  mediaCount: 100,
  iterations: 1_000,
} as const

const identifier = z
  .string({ error: 'must be a string' })
  .max(chatLimits.idLength, { error: `must have at most ${chatLimits.idLength} characters` })

const mediaList = z
  .array(z.union([z.string(), z.looseObject({})], { error: 'must be a string or an object' }), {
    error: 'must be a list of strings or objects',
  })
  .max(chatLimits.mediaCount, { error: `must have at most ${chatLimits.mediaCount} entries` })

const runMode = z
  .string({ error: 'must be a string' })
  .toLowerCase()
  .pipe(z.enum(['fast', 'thinking', 'deep'], { error: 'must be "fast", "thinking" or "deep"' }))

const iterations = z
  .number({ error: 'must be a number' })
  .int({ error: 'must be a whole number' })
  .min(1, { error: 'must be at least 1' })
  .max(chatLimits.iterations, { error: `must be at most ${chatLimits.iterations}` })

/**
 * Checks the body of a chat task and gives it the names that the runner knows. Unknown keys are refused, so that a
 * misspelt option is an error and not a surprise.
 */
export const chatInputSchema: z.ZodType<ChatInput, ChatBody> = z
  .strictObject(
    {
      message: z
        .string({ error: 'must be a string' })
        .trim()
        .max(chatLimits.messageLength, { error: `must have at most ${chatLimits.messageLength} characters` })
        .nullish(),
      images: mediaList.nullish(),
      videos: mediaList.nullish(),
      conversation_id: identifier.nullish(),
      model_key: identifier.nullish(),
      thinking_mode: z.union([z.boolean(), identifier], { error: 'must be a boolean or a string' }).nullish(),
      run_mode: runMode.nullish(),
      max_iterations: iterations.nullish(),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `unknown field: ${issue.keys?.join(', ')}`
          : 'must be a JSON object',
    },
  )
  .transform((body) => ({
    message: body.message ?? '',
    images: body.images ?? [],
    videos: body.videos ?? [],
    conversationId: body.conversation_id ?? null,
    modelKey: body.model_key ?? null,
    thinkingMode: body.thinking_mode ?? null,
    runMode: body.run_mode ?? null,
    maxIterations: body.max_iterations ?? null,
  }))
  .refine((input) => input.message !== '' || input.images.length > 0 || input.videos.length > 0, {
    path: ['message'],
    error: 'must not be empty unless there are images or videos',
  })
