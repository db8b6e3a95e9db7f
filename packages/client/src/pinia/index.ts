export type { TaskActions } from '../bindings/index.ts'
export { defineTaskPinia, type TaskPiniaOptions, type TaskStore } from './define-task-pinia.ts'
