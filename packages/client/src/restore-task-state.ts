import { isFinalStatus, type TaskInfo } from '@outlast/core/protocol'
import { TaskClientError } from './errors.ts'
import type { TaskClient } from './task-client.ts'
import type { TaskObserver } from './task-observer.ts'

/** What to look for: one task by its id, or else the newest active one of a workspace, a conversation, or the user. */
export interface RestoreOptions {
  client: Pick<TaskClient, 'list' | 'observe'>
  taskId?: string | undefined
  workspaceId?: string | undefined
  conversationId?: string | undefined
  /** Ids of the messages that the page has loaded already; the task's answer may be among them. Default: none. */
  history?: readonly string[] | undefined
  /** Ends the attempt; without it, restoring outlasts any trouble of the network that may pass. */
  signal?: AbortSignal | undefined
}

/** What was found. The observer has all blocks already, and goes on reading as soon as it has a listener. */
export type RestoredTask =
  | { found: false; reason: 'nothing to restore' }
  | {
      found: true
      task: TaskInfo
      observer: TaskObserver
      /** Where the answer is to be shown from: the observer's blocks, or the history, which holds all of it. */
      source: 'log' | 'history'
      /** Id of the message of the history that must not be shown, as the observer's blocks stand in for it. */
      hides: string | null
    }

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
 * An answer that the history holds too, by its message id, is shown once: from the log until the task has ended, as the
 * history's copy may be a part of it; from the history afterwards.
 *
 * @throws TaskClientError when the server refused, or could not be asked for the list
 *
 * @example
 * const restored = await restoreTaskState({ client, conversationId, history: messages.map(({ id }) => id) })
 * if (restored.found && restored.source === 'log') show(restored.observer, { without: restored.hides })
 */
export async function restoreTaskState({
  client,
  taskId,
  history = [],
  signal,
  ...scope
}: RestoreOptions): Promise<RestoredTask> {
  try {
    const id =
      taskId ?? (await client.list({ ...scope, status: 'active', limit: 1, signal })).tasks[0]?.task_id
    if (id !== undefined) {
      const observer = client.observe(id)
      const task = await firstRecord(observer, signal)
      const { messageId } = observer.getSnapshot()
      const held = history.includes(messageId)
      // A task that was active a moment ago may have ended by now, but the history was loaded before that.
      const source = held && taskId !== undefined && isFinalStatus(task.status) ? 'history' : 'log'
      return { found: true, task, observer, source, hides: held && source === 'log' ? messageId : null }
    }
  } catch (error) {
    if (!TaskClientError.is(error, 'task_not_found')) throw error
  }
  return { found: false, reason: 'nothing to restore' }
}
