import type { TaskRecord } from '../../store/index.ts'

/** What a watcher is told anew when it has changed; progress and the like are in the log. */
export function taskState({ status, queuePosition, attempt, conversationId }: TaskRecord): string {
  return `${status};${queuePosition};${attempt};${conversationId}`
}
