import { markFrom, shareTask, type TaskActions } from '../bindings/index.ts'
import type { ObserveOptions, TaskClient, TaskObserver, TaskSnapshot } from '../index.ts'

/** A readable store of Svelte's contract, and what can be done to the task. */
export interface TaskReadable extends TaskActions {
  /** Calls `run` at once and after every change, until the answer is called. Needs no `this`. */
  readonly subscribe: (run: (snapshot: TaskSnapshot) => void) => () => void
}

/**
 * A Svelte store of a task's snapshots. Reading begins with the first subscriber and ends with the last; all stores of
 * the same task and client share one observer. On a server nothing is asked.
 *
 * @param task id of the task, or an observer of it
 *
 * @example
 * const task = taskReadable(client, taskId)
 * // in the markup: {#each $task.blocks as block (block.key)} … <button onclick={() => task.cancel()}>
 */
export function taskReadable(
  client: Pick<TaskClient, 'observe'>,
  task: string | TaskObserver,
  { watermark }: Pick<ObserveOptions, 'watermark'> = {},
): TaskReadable {
  const { actions, getServerSnapshot, getSnapshot, subscribe } = shareTask(client, task)
  return {
    ...actions,
    subscribe(run) {
      // Rendering on a server subscribes too, to leave at once: too late for a request that has been sent.
      if (globalThis.document === undefined) {
        run(markFrom(getServerSnapshot(), watermark))
        return () => {}
      }
      const show = (): void => run(markFrom(getSnapshot(), watermark))
      const leave = subscribe(show)
      show()
      return leave
    },
  }
}
