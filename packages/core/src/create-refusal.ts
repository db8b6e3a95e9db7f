import { TaskError } from './errors.ts'
import type { CreateOutcome } from './store/index.ts'

/** The answers of a store to a create that has made no task and named none to go on with. */
type Refusal = Extract<CreateOutcome, { outcome: 'conflict' | 'same_key' | 'key_mismatch' | 'queue_full' }>

/** The error that tells a creator why there is no task for it. */
export function createRefusal(answer: Refusal): TaskError {
  switch (answer.outcome) {
    case 'conflict':
      return new TaskError(
        'task_already_running',
        'A task is already running here; follow it, or cancel it and try again.',
        { taskId: answer.task.id },
      )
    case 'same_key':
      return new TaskError('task_not_found', 'The task that this idempotency key created has been deleted.')
    case 'key_mismatch':
      return new TaskError(
        'idempotency_mismatch',
        'This idempotency key was used with another input; use a new key for a new task.',
      )
    case 'queue_full':
      return new TaskError('queue_full', 'Too many tasks are waiting here; try again later.', {
        retryAfter: 5,
      })
  }
}
