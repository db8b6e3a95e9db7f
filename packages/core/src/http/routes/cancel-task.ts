import type { CancelAnswer } from '../../protocol/index.ts'
import { cancelRequestSchema } from '../../schemas/index.ts'
import { jsonResponse } from '../json-response.ts'
import { readBody } from '../read-body.ts'
import type { TaskResponse } from '../task-request.ts'
import { ownTask } from './own-task.ts'
import type { RouteCall } from './route.ts'

/** `POST /:id/cancel`: records the wish to stop. Twice, or too late, is an acknowledgement too. */
export async function cancelTask(call: RouteCall): Promise<TaskResponse> {
  const { context, request, viewer } = call
  const task = await ownTask(call)
  const { reason } = await readBody(request, context.limits, {
    schema: cancelRequestSchema,
    sentence: 'The body must be empty or {"reason": "…"}.',
  })
  const { status, outcome } = await context.manager.cancel(task.id, {
    actor: viewer.userId,
    ...(reason != null && { reason }),
  })
  const data: CancelAnswer = { task_id: task.id, status, outcome }
  return jsonResponse(200, { success: true, data })
}
