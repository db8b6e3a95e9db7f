import type { EventQuery, ReadPage, TaskRecord } from '../../store/index.ts'
import { taskNotFound } from '../task-not-found.ts'
import type { RouteCall } from './route.ts'

/** Ids are shorter; a longer one is nobody's, and the store need not be asked. */
const maxIdLength = 256

/** Whether an id is worth a look into the store. */
function isPossibleId(taskId: string): boolean {
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

/**
 * A page of the log of the viewer's task that the path names.
 *
 * @throws TaskError `task_not_found`
 */
export function ownPage(call: RouteCall, query: Partial<EventQuery>): Promise<ReadPage> {
  if (!isPossibleId(call.taskId)) return Promise.reject(taskNotFound())
  return call.context.manager.read(call.taskId, query).then((page) => {
    if (page === null || page.task.userId !== call.viewer.userId) throw taskNotFound()
    return page
  })
}
