export type { Fold } from './blocks/index.ts'
export type { ChangeOutcome } from './change-watch.ts'
export { type ChatMedia, type ChatRunInput, type ChatTaskOptions, defineChatTask } from './chat-task.ts'
export type { Clock } from './clock.ts'
export { defaults } from './defaults.ts'
export {
  type AnyTaskDefinition,
  defineTask,
  type EventSchemas,
  type EventsOf,
  type TaskDefinition,
  type TaskOwner,
} from './define-task.ts'
export { type ApiErrorCode, TaskError, type TaskErrorCode, type TaskErrorOptions } from './errors.ts'
export type { LifecycleEvents, LifecycleListener } from './lifecycle.ts'
export type { TaskLimits } from './limits.ts'
export type { ManagerStats } from './manager-stats.ts'
export type { RetentionOptions } from './retention-sweep.ts'
export type { StopFlag, StopFlags } from './run/index.ts'
export { type CommandResult, type RunCommandOptions, runCommand } from './run-command.ts'
export type * from './store/index.ts'
export type { ErrorReporter, ErrorStage } from './store-retry.ts'
export { type MemoryStoreOptions, memoryStore } from './stores/memory/index.ts'
export type {
  CustomEvents,
  EmittableEvents,
  InputRequest,
  InputResult,
  ProgressReport,
  TaskContext,
  ToolCall,
  ToolFunction,
  ToolResult,
  ToolUpdate,
} from './task-context.ts'
export type { CreateRequest } from './task-draft.ts'
export { TaskManager } from './task-manager.ts'
export type { CancelResult, ListQuery, TaskHandle, TaskManagerOptions } from './task-manager-options.ts'
