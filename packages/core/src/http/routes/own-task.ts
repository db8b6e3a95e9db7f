import { TaskError } from '../../errors.ts'
import type { TaskRecord } from '../../store/index.ts'
import type { RouteCall } from './route.ts'

/** Ids are shorter; a longer one is nobody's, and the store need not be asked. */
const maxIdLength = 256

/** The refusal of an unknown task and of somebody else's: one sentence, so that nobody can tell which it was. */
export function taskNotFound(): TaskError {
  return new TaskError(
    'task_not_found',
    'There is no such task, or it is not yours. List the tasks to see yours.',
  )
}

/** Whether an id is worth a look into the store. */
export function isPossibleId(taskId: string): boolean {
  return taskId !== '' && taskId.length <= maxIdLength
}

/**
 * The viewer's task that the path names.
 *
 * @throws TaskError `task_not_found`
 */
export async function ownTask({ context, viewer, taskId }: RouteCall): Promise<TaskRecord> {
  const task = isPossibleId(taskId) ? await context.manager.get(taskId) : null
  if (task === null || task.userId !== viewer.userId) throw taskNotFound()
  return task
}
