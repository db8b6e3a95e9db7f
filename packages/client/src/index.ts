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
  CancelAnswer,
  CancelOutcome,
  ErrorBody,
  EventPage,
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
  ToolStatus,
} from '@outlast/core/protocol'
export { TaskClientError, type TaskClientErrorCode, type TaskClientErrorOptions } from './errors.ts'
export type { Clock, Platform } from './platform/index.ts'
export { type RestoredTask, type RestoreOptions, restoreTaskState } from './restore-task-state.ts'
export type { RequestHeaders } from './send-request.ts'
export {
  type CancelOptions,
  type ObserveOptions,
  type ReadQuery,
  type StartOptions,
  TaskClient,
  type TaskClientOptions,
  type TaskListPage,
  type TaskListQuery,
} from './task-client.ts'
export { TaskObserver, type TaskObserverOptions, type TaskSnapshot } from './task-observer.ts'
export type {
  AppliedPage,
  Connection,
  Cursor,
  Transport,
  TransportFactory,
  TransportSink,
} from './transports/index.ts'
