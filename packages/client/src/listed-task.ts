import type { TaskInfo } from '@outlast/core/protocol'
import type { TaskListQuery } from './list-tasks.ts'

/** A task in a list. */
export interface ListedTask extends TaskInfo {
  /**
   * The list does not hold it yet: it is being created by this client. Its id is a placeholder until the server has
   * answered.
   */
  readonly optimistic?: true
}

/**
 * A task that is being created, as far as it is known before the server has answered: mostly what its creator said.
 *
 * @param id makes the placeholder of its id
 * @param now milliseconds since 1970
 */
export function listedTask(body: unknown, id: number, now: number): ListedTask {
  const { type, message, conversation_id } = Object(body) as Record<string, unknown>
  const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return {
    task_id: `starting:${id}`,
    type: textOf(type) ?? '',
    status: 'pending',
    created_at: now / 1_000,
    started_at: null,
    updated_at: now / 1_000,
    finished_at: null,
    elapsed_ms: 0,
    workspace_id: '',
    message: textOf(message),
    summary: null,
    conversation_id: textOf(conversation_id),
    error: null,
    error_code: null,
    result: null,
    progress: null,
    queue_position: null,
    attempt: 0,
    stop: null,
    optimistic: true,
  }
}

/** Whether a task that is being created belongs on a page of the list. */
export function belongsTo(
  { status, conversationId, cursor }: TaskListQuery,
  { conversation_id }: TaskInfo,
): boolean {
  if (cursor !== undefined || (conversationId !== undefined && conversation_id !== conversationId))
    return false
  return [status ?? 'active'].flat().some((listed) => ['active', 'pending', 'running'].includes(listed))
}
