import type { ToolCancelAnswer } from '../../protocol/index.ts'
import { jsonResponse } from '../json-response.ts'
import type { TaskResponse } from '../task-request.ts'
import { ownTask } from './own-task.ts'
import type { RouteCall } from './route.ts'

/** `POST /:id/tools/:tool_id/cancel`: cancels one running tool call; the task goes on. A body is not looked at. */
export async function cancelTool(call: RouteCall): Promise<TaskResponse> {
  const { context, viewer, toolId } = call
  const task = await ownTask(call)
  const { status, outcome } = await context.manager.cancelTool(task.id, toolId, { actor: viewer.userId })
  const data: ToolCancelAnswer = { task_id: task.id, tool_id: toolId, status, outcome }
  return jsonResponse(200, { success: true, data })
}
