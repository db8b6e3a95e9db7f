export type { TaskActions } from '../bindings/index.ts'
export { type TaskView, type UseTaskOptions, useTask } from './use-task.ts'
