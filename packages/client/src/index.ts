export type {
  Block,
  BlocksOutcome,
  CustomBlock,
  ErrorBlock,
  FileBlock,
  InputBlock,
  PayloadBlock,
  SourceBlock,
  TextBlock,
  ThinkingBlock,
  ToolBlock,
} from '@outlast/core/blocks'
export type {
  ActiveCancelAnswer,
  CancelAnswer,
  CancelOutcome,
  ErrorBody,
  EventPage,
  InputAnswer,
  InputIssue,
  InputOutcome,
  ProgressData,
  RequestErrorCode,
  SnapshotFrame,
  StopInfo,
  TaskCreated,
  TaskEvent,
  TaskInfo,
  TaskStatus,
  ToolCancelAnswer,
  ToolStatus,
} from '@outlast/core/protocol'
export { TaskClientError, type TaskClientErrorCode, type TaskClientErrorOptions } from './errors.ts'
export type { TaskListPage, TaskListQuery } from './list-tasks.ts'
export type { ListedTask } from './listed-task.ts'
export type { Clock, Platform } from './platform/index.ts'
export { type RestoredTask, type RestoreOptions, restoreTaskState } from './restore-task-state.ts'
export type { RequestHeaders } from './send-request.ts'
export { type StartedTask, startOrAttach } from './start-or-attach.ts'
export {
  type CancelActiveOptions,
  type CancelOptions,
  type GivenInput,
  type ObserveOptions,
  type ReadQuery,
  type SignalOptions,
  type StartListener,
  type StartOptions,
  TaskClient,
  type TaskClientOptions,
} from './task-client.ts'
export {
  observeTaskList,
  type TaskListObserver,
  type TaskListSnapshot,
} from './task-list-observer.ts'
export { TaskObserver, type TaskObserverOptions, type TaskSnapshot } from './task-observer.ts'
export type {
  AppliedPage,
  ClientTransport,
  Connection,
  Cursor,
  StepDownReason,
  Transport,
  TransportContext,
  TransportFactory,
  TransportInfo,
  TransportSink,
} from './transports/index.ts'
export { typedIntent } from './typed-intent.ts'
