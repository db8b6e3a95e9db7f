import { defineChatTask } from '@outlast/core'
import type { Answerer, Turn } from './answerer.ts'
import type { ChatAnswer } from './chat-answer.ts'

const defaultSteps = 20
const titleLength = 80

/** What identifies the turns that came before a task. */
export interface ConversationQuery {
  userId: string
  workspaceId: string
  conversationId: string
}

/** The chat task: the conversation gets its id, and the answerer does the rest. */
export function chatTask(
  answerer: Answerer,
  earlierTurns: (query: ConversationQuery) => Promise<readonly Turn[]>,
): ReturnType<typeof defineChatTask<ChatAnswer>> {
  return defineChatTask({
    async run(context): Promise<ChatAnswer> {
      const { input, userId, workspaceId, conversationId, taskId, emit } = context
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

/** The beginning of the first line, cut between characters. */
function titleOf(message: string): string {
  const characters = [...(message.split('\n', 1)[0] ?? '')]
  return characters.length <= titleLength
    ? characters.join('')
    : `${characters.slice(0, titleLength).join('')}…`
}
