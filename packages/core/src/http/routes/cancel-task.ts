import { TaskError } from '../../errors.ts'
import { cancelRequestSchema, inputIssues } from '../../schemas/index.ts'
import { jsonResponse } from '../json-response.ts'
import { readJsonBody } from '../read-json-body.ts'
import type { TaskResponse } from '../task-request.ts'
import { ownTask } from './own-task.ts'
import type { RouteCall } from './route.ts'

/** `POST /:id/cancel`: records the wish to stop. Twice, or too late, is an acknowledgement too. */
export async function cancelTask(call: RouteCall): Promise<TaskResponse> {
  const { context, request, viewer } = call
  const task = await ownTask(call)
  const { value = {} } = await readJsonBody(request, context.limits)
  const body = cancelRequestSchema.safeParse(value)
  if (!body.success) {
    throw new TaskError('invalid_input', 'The body must be empty or {"reason": "…"}.', {
      issues: inputIssues(body.error),
    })
  }
  const { reason } = body.data
  const { status, outcome } = await context.manager.cancel(task.id, {
    actor: viewer.userId,
    ...(reason != null && { reason }),
  })
  return jsonResponse(200, { success: true, data: { task_id: task.id, status, outcome } })
}
