import { TaskError } from '../errors.ts'

/** The refusal of an unknown task and of somebody else's: one sentence, so that nobody can tell which it was. */
export function taskNotFound(): TaskError {
  return new TaskError(
    'task_not_found',
    'There is no such task, or it is not yours. List the tasks to see yours.',
  )
}
