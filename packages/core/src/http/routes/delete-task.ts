import type { TaskDeleted } from '../../protocol/index.ts'
import { jsonResponse } from '../json-response.ts'
import type { TaskResponse } from '../task-request.ts'
import { ownTask } from './own-task.ts'
import type { RouteCall } from './route.ts'

/** `DELETE /:id`: removes a finished task and its log. A body is not looked at. */
export async function deleteTask(call: RouteCall): Promise<TaskResponse> {
  const task = await ownTask(call)
  await call.context.manager.delete(task.id)
  const data: TaskDeleted = { task_id: task.id }
  return jsonResponse(200, { success: true, data })
}
