import type { TaskInfo } from '@outlast/core/protocol'
import { TaskClientError } from './errors.ts'
import type { TaskClient } from './task-client.ts'
import type { TaskObserver } from './task-observer.ts'

/** What to look for: one task by its id, or else the newest active one of a workspace, a conversation, or the user. */
export interface RestoreOptions {
  client: Pick<TaskClient, 'list' | 'observe'>
  taskId?: string | undefined
  workspaceId?: string | undefined
  conversationId?: string | undefined
  /** Ends the attempt; without it, restoring outlasts any trouble of the network that may pass. */
  signal?: AbortSignal | undefined
}

/** What was found. The observer has all blocks already, and goes on reading as soon as it has a listener. */
export type RestoredTask =
  | { found: false; reason: 'nothing to restore' }
  | { found: true; task: TaskInfo; observer: TaskObserver }

/** Resolves with the first record that the observer shows, which it does when it has read the log to its end. */
function firstRecord({ subscribe, getSnapshot }: TaskObserver, signal?: AbortSignal): Promise<TaskInfo> {
  return new Promise<TaskInfo>((resolve, reject) => {
    signal?.throwIfAborted()
    const leave = subscribe(() => {
      const { task, connection, error } = getSnapshot()
      if (task === null && connection !== 'failed') return
      leave()
      signal?.removeEventListener('abort', abort)
      if (task === null) reject(error)
      else resolve(task)
    })
    const abort = (): void => {
      leave()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort)
  })
}

/**
 * Finds the task that a page was showing before it was left, and rebuilds its blocks in one batch: when the answer
 * comes, the observer holds all of them, its watermark above them, so that nothing animates. A finished task is found
 * by its id only; a task that the server no longer has is nothing to restore.
 *
 * @throws TaskClientError when the server refused, or could not be asked for the list
 *
 * @example
 * const restored = await restoreTaskState({ client, conversationId })
 * if (restored.found) show(restored.observer)
 */
export async function restoreTaskState({
  client,
  taskId,
  signal,
  ...scope
}: RestoreOptions): Promise<RestoredTask> {
  try {
    taskId ??= (await client.list({ ...scope, status: 'active', limit: 1, signal })).tasks[0]?.task_id
    if (taskId !== undefined) {
      const observer = client.observe(taskId)
      return { found: true, task: await firstRecord(observer, signal), observer }
    }
  } catch (error) {
    if (!TaskClientError.is(error, 'task_not_found')) throw error
  }
  return { found: false, reason: 'nothing to restore' }
}
