import type { TaskInfo, TaskStatus } from '@outlast/core/protocol'
import type { AnswerBody, OutgoingRequest } from './send-request.ts'

/** Which of the caller's own tasks to list. */
export interface TaskListQuery {
  /** One or several; `active`: all that are not final. */
  status?: TaskStatus | 'active' | readonly (TaskStatus | 'active')[] | undefined
  workspaceId?: string | undefined
  conversationId?: string | undefined
  /** Default: the server's, 50. */
  limit?: number | undefined
  /** `nextCursor` of the page before. */
  cursor?: string | undefined
  signal?: AbortSignal | undefined
}

/** One page of a list, newest first. */
export interface TaskListPage {
  tasks: readonly TaskInfo[]
  /** `null` on the last page. */
  nextCursor: string | null
  /** Opaque id of user and workspace. */
  viewer: string
}

/** Asks for one page of the caller's own tasks. */
export async function listTasks(
  send: (request: OutgoingRequest) => Promise<AnswerBody>,
  { workspaceId, conversationId, signal, ...query }: TaskListQuery,
): Promise<TaskListPage> {
  const { data, next_cursor, viewer } = await send({
    path: '',
    query: { ...query, workspace_id: workspaceId, conversation_id: conversationId },
    signal,
  })
  return {
    tasks: data as TaskInfo[],
    nextCursor: (next_cursor ?? null) as string | null,
    viewer: viewer as string,
  }
}
