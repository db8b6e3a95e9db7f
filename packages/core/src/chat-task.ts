import type { z } from 'zod'
import { defaults } from './defaults.ts'
import { defineTask, type EventSchemas, type EventsOf, type TaskDefinition } from './define-task.ts'
import { TaskError } from './errors.ts'
import { type ChatBody, type ChatInput, chatInputSchema, type MediaSource } from './schemas/index.ts'
import type { TaskContext } from './task-context.ts'

/** A picture or a film of a chat message, with what it is. */
export interface ChatMedia {
  type: 'image' | 'video'
  source: MediaSource
}

/** What the runner of a chat task is given: the stored input, and its images and videos as one list. */
export interface ChatRunInput extends ChatInput {
  readonly media: readonly ChatMedia[]
}

type ChatSchema = z.ZodType<ChatInput, ChatBody>

/** What a chat task is made of; everything but `run` has a default. */
export interface ChatTaskOptions<Result, Schemas extends EventSchemas>
  extends Pick<TaskDefinition<ChatSchema, Result, Schemas>, 'events' | 'scope' | 'maxBodyBytes'> {
  /** Default: `chat`. */
  readonly type?: string
  run(context: TaskContext<ChatRunInput, EventsOf<Schemas>>): Result | PromiseLike<Result>
}

/**
 * Declares a chat task: a message with images and videos, a conversation, and the choices of a chat screen.
 *
 * @example
 * ```ts
 * const chat = defineChatTask({
 *   async run({ input, emit, signal }) {
 *     emit('text_start', {})
 *     for await (const content of answer(input.message, input.media, { signal })) emit('text_chunk', { content })
 *     emit('text_end', {})
 *   },
 * })
 * ```
 * @throws TaskError `invalid_definition`
 */
export function defineChatTask<Result, Schemas extends EventSchemas = Record<never, never>>(
  options: ChatTaskOptions<Result, Schemas>,
): TaskDefinition<ChatSchema, Result, Schemas> {
  // Not left to `defineTask`, which would only see the function that is wrapped around it.
  if (typeof options?.run !== 'function') {
    throw new TaskError(
      'invalid_definition',
      'A chat task is declared by an object with a function `run`, the one that answers: defineChatTask({ run }).',
    )
  }
  const { type = 'chat', maxBodyBytes = defaults.maxChatBodyBytes, run, ...rest } = options
  return defineTask<ChatSchema, Result, Schemas>({
    ...rest,
    type,
    maxBodyBytes,
    input: chatInputSchema,
    summary: summarize,
    conversationId: (input) => input.conversationId,
    // The list is made here and not stored: pictures sent as data URLs would be kept twice.
    run: (context) => run({ ...context, input: { ...context.input, media: mediaOf(context.input) } }),
  })
}

/** The public fields in the wire's names, small enough to be sent with every poll. */
function summarize(input: ChatInput): Record<string, unknown> {
  return {
    message: shorten(input.message, defaults.summaryMessageLength),
    image_count: input.images.length,
    video_count: input.videos.length,
    model_key: input.modelKey,
    thinking_mode: input.thinkingMode,
    run_mode: input.runMode,
    max_iterations: input.maxIterations,
  }
}

function mediaOf({ images, videos }: ChatInput): ChatMedia[] {
  return [
    ...images.map((source): ChatMedia => ({ type: 'image', source })),
    ...videos.map((source): ChatMedia => ({ type: 'video', source })),
  ]
}

/** Cuts between characters: half of a surrogate pair would be shown as a broken glyph. */
function shorten(text: string, length: number): string {
  if (text.length <= length) return text
  const cut = text.slice(0, length - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}
