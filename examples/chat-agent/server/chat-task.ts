import { defineChatTask } from '@outlast/core'
import { z } from 'zod'
import type { Answerer, Turn } from './answerer.ts'
import type { ChatAnswer } from './chat-answer.ts'

const defaultSteps = 20
const titleLength = 80
/** A piece of this many characters fits into an event however JSON escapes it. */
const pieceLength = 40_000

const events = { x_user_message: z.object({ content: z.string() }) }

/** What identifies the turns that came before a task. */
export interface ConversationQuery {
  userId: string
  workspaceId: string
  conversationId: string
}

/** The chat task: the message goes into the log, the conversation gets its id, and the answerer does the rest. */
export function chatTask(
  answerer: Answerer,
  earlierTurns: (query: ConversationQuery) => Promise<readonly Turn[]>,
): ReturnType<typeof defineChatTask<ChatAnswer, typeof events>> {
  return defineChatTask({
    events,
    async run(context): Promise<ChatAnswer> {
      const { input, userId, workspaceId, conversationId, taskId, emit } = context
      // Lists carry a shortened message; the log has the whole of it, so that a refresh brings back all that was written.
      for (const content of piecesOf(input.message)) emit('x_user_message', { content })
      emit('ai_message_start', {})
      // A conversation is named after its first task.
      if (conversationId === null)
        emit('conversation_resolved', { conversation_id: taskId, title: titleOf(input.message) })
      const earlier =
        conversationId === null ? [] : await earlierTurns({ userId, workspaceId, conversationId })
      return answerer.answer(context, {
        message: input.message,
        earlier,
        maxSteps: input.maxIterations ?? defaultSteps,
      })
    },
  })
}

/** Readers join the pieces again. */
function piecesOf(message: string): readonly string[] {
  const count = Math.ceil(message.length / pieceLength)
  return Array.from({ length: count }, (_, index) =>
    message.slice(index * pieceLength, (index + 1) * pieceLength),
  )
}

/** The beginning of the first line, cut between characters. */
function titleOf(message: string): string {
  const characters = [...(message.split('\n', 1)[0] ?? '')]
  return characters.length <= titleLength
    ? characters.join('')
    : `${characters.slice(0, titleLength).join('')}…`
}
