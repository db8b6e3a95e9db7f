import type { TaskManager } from '@outlast/core'
import { z } from 'zod'
import type { Turn } from './answerer.ts'
import type { ConversationQuery } from './chat-task.ts'

const maxTurns = 20
const summarySchema = z.object({ message: z.string() })
const resultSchema = z.object({ answer: z.string() })

/** The conversation so far, oldest first, from the tasks themselves: no second place to keep it. */
export async function earlierTurns(manager: TaskManager, query: ConversationQuery): Promise<readonly Turn[]> {
  const { tasks } = await manager.list({ ...query, status: ['succeeded'], limit: maxTurns })
  const turns = tasks.flatMap(({ summary, result }) => {
    const asked = summarySchema.safeParse(JSON.parse(summary))
    const answered = resultSchema.safeParse(result === null ? null : JSON.parse(result))
    return asked.success && answered.success
      ? [{ message: asked.data.message, answer: answered.data.answer }]
      : []
  })
  return turns.reverse()
}
