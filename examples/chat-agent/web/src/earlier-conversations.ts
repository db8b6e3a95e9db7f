import type { TaskInfo } from '@outlast/client'

/** A conversation to go back to. */
export interface EarlierConversation {
  readonly id: string
  /** What was asked first, as far as the list reaches back. */
  readonly message: string
  readonly turns: number
}

/** The conversations that a list of tasks, newest first, belongs to: the latest first. */
export function earlierConversations(tasks: readonly TaskInfo[]): readonly EarlierConversation[] {
  const found = new Map<string, EarlierConversation>()
  for (const { conversation_id: id, message } of tasks) {
    if (id === null) continue
    found.set(id, { id, message: message ?? '', turns: (found.get(id)?.turns ?? 0) + 1 })
  }
  return [...found.values()]
}
