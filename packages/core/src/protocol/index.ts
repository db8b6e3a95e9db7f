export type { ErrorBody, InputIssue, RequestErrorCode, TaskEndCode } from './error-body.ts'
export { checkEventData, isBuiltinEventType, isEventType } from './event-guards.ts'
export type {
  ActiveCancelAnswer,
  CancelAnswer,
  CancelOutcome,
  EventPage,
  InputAnswer,
  ServerStats,
  SnapshotFrame,
  SuccessBody,
  TaskCreated,
  TaskDeleted,
  TaskListBody,
  ToolCancelAnswer,
} from './event-page.ts'
export type {
  BuiltinEventType,
  BuiltinTaskEvent,
  InputOutcome,
  ManagerEventType,
  ProgressData,
  TaskCompleteData,
  TaskEvent,
  TaskEventData,
  ToolStatus,
} from './events.ts'
export { defaultBasePath, routes } from './routes.ts'
export {
  allTasks,
  type SocketClientMessage,
  type SocketServerMessage,
  socketCloseCodes,
  socketPath,
  tokenProtocol,
} from './socket-messages.ts'
export { type FinalStatus, isFinalStatus, type StopInfo, type TaskInfo, type TaskStatus } from './task.ts'
