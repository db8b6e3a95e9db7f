import { useMemo, useSyncExternalStore } from 'react'
import { markFrom, shareTask, type TaskActions } from '../bindings/index.ts'
import type { TaskClient, TaskObserver, TaskSnapshot } from '../index.ts'
import { useTaskClient } from './task-client-context.ts'

/** Settings of {@link useTask}. */
export interface UseTaskOptions {
  /** Default: the provider's. */
  client?: TaskClient | undefined
  /** Idx from which on blocks animate here. Default: the observer's own; 0 for a task that this page has started. */
  watermark?: number | undefined
}

/** All that a component shows of a task, and what it can do to it; the functions stay the same. */
export interface TaskView extends TaskSnapshot, TaskActions {}

const nothing = (): null => null
const subscribeToNothing = () => nothing

/**
 * Follows a task while the component is mounted. Components that follow the same task with the same client share one
 * observer. On a server nothing is asked.
 *
 * @param task id of the task, an observer of it, or `null` for none yet
 * @returns `null` for none; else another object as soon as, and only when, anything in it changed
 *
 * @example
 * const { blocks, outcome, cancel } = useTask(taskId)
 */
export function useTask(task: string | TaskObserver, options?: UseTaskOptions): TaskView
export function useTask(
  task: string | TaskObserver | null | undefined,
  options?: UseTaskOptions,
): TaskView | null
export function useTask(
  task: string | TaskObserver | null | undefined,
  options: UseTaskOptions = {},
): TaskView | null {
  const client = useTaskClient(options.client)
  const { watermark } = options
  const shared = useMemo(() => (task == null ? null : shareTask(client, task)), [client, task])
  const snapshot = useSyncExternalStore(
    shared?.subscribe ?? subscribeToNothing,
    shared?.getSnapshot ?? nothing,
    shared?.getServerSnapshot ?? nothing,
  )
  return useMemo(
    () => shared && snapshot && { ...markFrom(snapshot, watermark), ...shared.actions },
    [shared, snapshot, watermark],
  )
}
