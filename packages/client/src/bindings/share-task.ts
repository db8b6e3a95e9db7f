import type { TaskClient, TaskObserver, TaskSnapshot } from '../index.ts'
import { type Shared, sharing } from './sharing.ts'

/** What can be done to a task. The functions need no `this`. */
export type TaskActions = Pick<TaskObserver, 'cancel' | 'sendInput' | 'cancelTool'>

/** One consumer's view of a task. */
export interface SharedTask extends Shared<TaskSnapshot, TaskObserver> {
  readonly actions: TaskActions
}

const share = sharing<TaskSnapshot, TaskObserver>()

/**
 * All consumers of the same task and client follow one observer: the first to subscribe brings it, the last ends it.
 *
 * @param task id of the task, or an observer of it, as `restoreTaskState` answers one
 */
export function shareTask(client: Pick<TaskClient, 'observe'>, task: string | TaskObserver): SharedTask {
  const fresh = typeof task === 'string' ? client.observe(task) : task
  const shared = share(client, fresh.taskId, fresh)
  const { current } = shared
  return {
    ...shared,
    actions: {
      cancel: (reason) => current().cancel(reason),
      sendInput: (input) => current().sendInput(input),
      cancelTool: (toolId) => current().cancelTool(toolId),
    },
  }
}

/** The snapshot with a watermark of the consumer's own, if it has one. */
export function markFrom(snapshot: TaskSnapshot, watermark: number | undefined): TaskSnapshot {
  return { ...snapshot, watermark: watermark ?? snapshot.watermark }
}
