export { markFrom, shareTask, type TaskActions } from './share-task.ts'
export { sharing } from './sharing.ts'
