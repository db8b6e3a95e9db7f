import { defaults } from '../../defaults.ts'
import type { TaskStatus } from '../../protocol/index.ts'
import { activeStatuses } from '../active-quota.ts'
import { jsonResponse } from '../json-response.ts'
import type { Query } from '../parse-query.ts'
import { invalidParameter, readInteger, readText } from '../query-reader.ts'
import type { TaskResponse } from '../task-request.ts'
import { toTaskInfo } from '../to-task-info.ts'
import type { RouteCall } from './route.ts'

/** What `status` may be asked for, and which statuses that means. */
const statusFilters: Readonly<Record<TaskStatus | 'active', readonly TaskStatus[]>> = {
  active: activeStatuses,
  pending: ['pending'],
  running: ['running'],
  cancel_requested: ['cancel_requested'],
  succeeded: ['succeeded'],
  failed: ['failed'],
  canceled: ['canceled'],
}

/** `GET /`: the viewer's own tasks, newest first, of all workspaces unless one is named. */
export async function listTasks({ context, viewer, query }: RouteCall): Promise<TaskResponse> {
  const { tasks, nextCursor } = await context.manager.list({
    userId: viewer.userId,
    workspaceId: readText(query, 'workspace_id') ?? undefined,
    conversationId: readText(query, 'conversation_id') ?? undefined,
    status: readStatus(query) ?? undefined,
    cursor: readText(query, 'cursor', 1_024) ?? undefined,
    limit: Math.min(readInteger(query, 'limit', 1) ?? defaults.listLimit, context.limits.maxListLimit),
  })
  const now = context.now()
  return jsonResponse(200, {
    success: true,
    data: tasks.map((task) => toTaskInfo(task, now)),
    next_cursor: nextCursor,
    viewer: context.viewerOf(viewer),
  })
}

/** One status, several separated by commas, or `active`. */
function readStatus(query: Query): readonly TaskStatus[] | null {
  const names = readText(query, 'status')?.split(',')
  if (names === undefined) return null
  if (names.every(isStatusFilter)) return names.flatMap((name) => statusFilters[name])
  throw invalidParameter('status', `must be one or several of ${Object.keys(statusFilters).join(', ')}`)
}

function isStatusFilter(name: string): name is keyof typeof statusFilters {
  return Object.hasOwn(statusFilters, name)
}
