import { type ActiveCancelAnswer, isFinalStatus } from '../../protocol/index.ts'
import { activeCancelRequestSchema } from '../../schemas/index.ts'
import type { TaskRecord } from '../../store/index.ts'
import { activeStatuses } from '../active-quota.ts'
import type { HandlerContext } from '../handler-options.ts'
import { jsonResponse } from '../json-response.ts'
import { readBody } from '../read-body.ts'
import type { TaskResponse } from '../task-request.ts'
import type { RouteCall } from './route.ts'

const nothing: ActiveCancelAnswer = { task_id: null, status: null, outcome: 'finished' }

/**
 * `POST /cancel`: stops the task that runs for the viewer in a workspace, for a page that does not know its id. With a
 * `task_id` it stops that one or none, so that a stale stop never kills a newer run.
 */
export async function cancelActive({ context, request, viewer }: RouteCall): Promise<TaskResponse> {
  const body = await readBody(request, context.limits, {
    schema: activeCancelRequestSchema,
    sentence: 'The body must be empty or {"workspace_id": "…", "task_id": "…", "reason": "…"}; see "issues".',
  })
  const owner = { userId: viewer.userId, workspaceId: body.workspace_id ?? viewer.workspaceId }
  const task =
    body.task_id == null ? await findActive(context, owner) : await findNamed(context, owner, body.task_id)
  if (task === null) return jsonResponse(200, { success: true, data: nothing })
  const { reason } = body
  const { status, outcome } = await context.manager.cancel(task.id, {
    actor: viewer.userId,
    ...(reason != null && { reason }),
  })
  const data: ActiveCancelAnswer = { task_id: task.id, status, outcome }
  return jsonResponse(200, { success: true, data })
}

type Owner = Pick<TaskRecord, 'userId' | 'workspaceId'>

async function findNamed(
  { manager }: HandlerContext,
  { userId, workspaceId }: Owner,
  taskId: string,
): Promise<TaskRecord | null> {
  const task = await manager.get(taskId)
  return task !== null && task.userId === userId && task.workspaceId === workspaceId ? task : null
}

/**
 * The one task that holds the workspace's own scope. A task whose type chose another scope is never meant without its
 * id: there may be many, and none is "the" active one.
 */
async function findActive({ manager }: HandlerContext, owner: Owner): Promise<TaskRecord | null> {
  const query = { ...owner, status: activeStatuses, limit: 200 }
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof manager.list>> = await manager.list({
      ...query,
      ...(cursor !== null && { cursor }),
    })
    const found = page.tasks.find(
      (task) =>
        task.holdsSlot &&
        !isFinalStatus(task.status) &&
        manager.definitions.get(task.type)?.scope === undefined,
    )
    if (found !== undefined) return found
    cursor = page.nextCursor
  } while (cursor !== null)
  return null
}
