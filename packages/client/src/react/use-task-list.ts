import { useMemo, useSyncExternalStore } from 'react'
import { sharing } from '../bindings/index.ts'
import {
  observeTaskList,
  type TaskClient,
  type TaskListObserver,
  type TaskListQuery,
  type TaskListSnapshot,
} from '../index.ts'
import { useTaskClient } from './task-client-context.ts'

/** Settings of {@link useTaskList}. */
export interface UseTaskListOptions {
  /** Default: the provider's. */
  client?: TaskClient | undefined
}

/** All that a component shows of a list; `refresh` looks at once, and stays the same function. */
export interface TaskListView extends TaskListSnapshot, Pick<TaskListObserver, 'refresh'> {}

const share = sharing<TaskListSnapshot, TaskListObserver>()

/**
 * Follows a page of the list of the user's own tasks while the component is mounted. Components with the same query and
 * client share one observer. On a server nothing is asked.
 *
 * @param query which tasks; may be another object with every render
 *
 * @example
 * const { tasks } = useTaskList({ status: 'active' })
 */
export function useTaskList(
  query: Omit<TaskListQuery, 'signal'> = {},
  options: UseTaskListOptions = {},
): TaskListView {
  const client = useTaskClient(options.client)
  const name = JSON.stringify(query)
  const { subscribe, getSnapshot, getServerSnapshot, current } = useMemo(
    () => share(client, name, observeTaskList(client, JSON.parse(name))),
    [client, name],
  )
  const snapshot = useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot)
  const refresh = useMemo(() => () => current().refresh(), [current])
  return useMemo(() => ({ ...snapshot, refresh }), [snapshot, refresh])
}
