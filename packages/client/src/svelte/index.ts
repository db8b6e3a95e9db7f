export type { TaskActions } from '../bindings/index.ts'
export { type TaskReadable, taskReadable } from './task-readable.ts'
