import type { TaskStatus } from '@outlast/core/protocol'
import { TaskClientError } from './errors.ts'
import type { StartOptions, TaskClient } from './task-client.ts'

/** The task to show after a create. */
export interface StartedTask {
  task_id: string
  status: TaskStatus
  /** It was running before: what was sent is not part of it, so keep the user's draft. */
  attached?: true
}

/**
 * Creates a task, or answers the one that keeps it from being created: where the server has one active task at a time
 * and one is running, that is the task to show.
 *
 * @throws TaskClientError as `client.start` does, but for `task_already_running`
 *
 * @example
 * const { task_id, attached } = await startOrAttach(client, { message: draft.value })
 * if (!attached) draft.value = ''
 */
export async function startOrAttach(
  client: Pick<TaskClient, 'start'>,
  body: unknown,
  options?: StartOptions,
): Promise<StartedTask> {
  try {
    return await client.start(body, options)
  } catch (error) {
    if (!TaskClientError.is(error, 'task_already_running') || error.task === null) throw error
    const { task_id, status } = error.task
    return { task_id, status, attached: true }
  }
}
