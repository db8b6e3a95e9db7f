import { TaskError } from '../../errors.ts'
import type { CancelOutcome, InputAnswer } from '../../protocol/index.ts'
import { inputAnswerRequestSchema } from '../../schemas/index.ts'
import { jsonResponse } from '../json-response.ts'
import { readBody } from '../read-body.ts'
import type { TaskResponse } from '../task-request.ts'
import { ownTask } from './own-task.ts'
import type { RouteCall } from './route.ts'

/** `POST /:id/input`: answers a question of the task. The first answer counts; repeating it is harmless. */
export async function answerInput(call: RouteCall): Promise<TaskResponse> {
  const { context, request, viewer } = call
  const task = await ownTask(call)
  const { id, value = null } = await readBody(request, context.limits, {
    schema: inputAnswerRequestSchema,
    sentence: 'The body must be {"id": "…", "value": …}; see "issues".',
  })
  const answer = { id, value, actor: viewer.userId }
  const { status, outcome } = await context.manager.answerInput(task.id, answer)
  const data: InputAnswer = { task_id: task.id, id, status, outcome: outcomeOf(outcome) }
  return jsonResponse(200, { success: true, data })
}

/** @throws TaskError `input_closed` when the task ended while the answer was on its way */
function outcomeOf(outcome: CancelOutcome): InputAnswer['outcome'] {
  if (outcome === 'finished') {
    throw new TaskError('input_closed', 'The question is no longer open: its task has ended.')
  }
  return outcome === 'requested' ? 'accepted' : 'already_answered'
}
