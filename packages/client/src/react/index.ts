'use client'

export type { TaskActions } from '../bindings/index.ts'
export { TaskClientProvider, type TaskClientProviderProps, useTaskClient } from './task-client-context.ts'
export { type TaskView, type UseTaskOptions, useTask } from './use-task.ts'
export { type TaskListView, type UseTaskListOptions, useTaskList } from './use-task-list.ts'
