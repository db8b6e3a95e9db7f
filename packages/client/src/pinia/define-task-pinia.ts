import { defineStore, type SetupStoreDefinition } from 'pinia'
import { onScopeDispose, type ShallowRef, shallowRef, toRaw } from 'vue'
import { markFrom, shareTask, type TaskActions } from '../bindings/index.ts'
import {
  type ObserveOptions,
  type RestoredTask,
  type RestoreOptions,
  restoreTaskState,
  type StartedTask,
  type StartOptions,
  startOrAttach,
  type TaskClient,
  type TaskObserver,
  type TaskSnapshot,
} from '../index.ts'

/** What the store holds and does; the tasks are its state, all else are its actions. */
export interface TaskStore {
  /** The followed tasks by id, in the order in which they came. */
  tasks: Readonly<ShallowRef<Readonly<Record<string, TaskSnapshot>>>>
  /** Creates a task and follows it from its first event, or follows the one that runs already in its place. */
  start(body: unknown, options?: StartOptions): Promise<StartedTask>
  /** Finds the task that was shown before a refresh, and follows it unless the history holds all of it. */
  restore(options?: Omit<RestoreOptions, 'client'>): Promise<RestoredTask>
  /** Follows a task until it is forgotten, or the store is disposed of. */
  follow(task: string | TaskObserver, options?: Pick<ObserveOptions, 'watermark'>): void
  /** Takes a task out of the store; the task itself runs on. */
  forget(taskId: string): void
  cancel(taskId: string, ...wish: Parameters<TaskActions['cancel']>): ReturnType<TaskActions['cancel']>
  sendInput(
    taskId: string,
    ...answer: Parameters<TaskActions['sendInput']>
  ): ReturnType<TaskActions['sendInput']>
  cancelTool(
    taskId: string,
    ...wish: Parameters<TaskActions['cancelTool']>
  ): ReturnType<TaskActions['cancelTool']>
}

/** Settings of {@link defineTaskPinia}. */
export interface TaskPiniaOptions {
  client: TaskClient
}

/**
 * Defines a Pinia store of tasks. It shares its observers with `useTask` of the same client.
 *
 * @param id the store's id, unique in the page
 * @returns what `defineStore` answers: the function that finds the store
 *
 * @example
 * export const useTaskStore = defineTaskPinia('tasks', { client })
 */
export function defineTaskPinia<Id extends string>(
  id: Id,
  { client }: TaskPiniaOptions,
): SetupStoreDefinition<Id, TaskStore> {
  return defineStore(id, () => taskStore(client))
}

function taskStore(client: TaskClient): TaskStore {
  const tasks = shallowRef<Readonly<Record<string, TaskSnapshot>>>({})
  const leaves = new Map<string, () => void>()
  let disposed = false
  const actionsOf = (taskId: string): TaskActions => shareTask(client, taskId).actions

  function follow(task: string | TaskObserver, { watermark }: Pick<ObserveOptions, 'watermark'> = {}): void {
    // An observer has private fields, which Vue's proxies cannot reach.
    const { getSnapshot, subscribe } = shareTask(client, toRaw(task))
    const { taskId } = getSnapshot()
    if (disposed || leaves.has(taskId)) return
    const show = (): void => {
      tasks.value = { ...tasks.value, [taskId]: markFrom(getSnapshot(), watermark) }
    }
    leaves.set(taskId, subscribe(show))
    show()
  }

  function forget(taskId: string): void {
    leaves.get(taskId)?.()
    leaves.delete(taskId)
    const { [taskId]: _, ...others } = tasks.value
    tasks.value = others
  }

  onScopeDispose(() => {
    disposed = true
    for (const leave of leaves.values()) leave()
  })

  return {
    tasks,
    async start(body, options) {
      const started = await startOrAttach(client, body, options)
      follow(started.task_id, { watermark: started.attached ? undefined : 0 })
      return started
    },
    async restore(options) {
      const restored = await restoreTaskState({ ...options, client })
      if (restored.found && restored.source === 'log') follow(restored.observer)
      return restored
    },
    follow,
    forget,
    cancel: (taskId, ...wish) => actionsOf(taskId).cancel(...wish),
    sendInput: (taskId, ...answer) => actionsOf(taskId).sendInput(...answer),
    cancelTool: (taskId, ...wish) => actionsOf(taskId).cancelTool(...wish),
  }
}
