export type { DispatchJob, TaskDispatcher } from './task-dispatcher.ts'
export type { Hint, TaskNotifier } from './task-notifier.ts'
export type {
  Append,
  AppendOutcome,
  Claim,
  CreateOutcome,
  EventQuery,
  Json,
  LeaseAnswer,
  LeaseToken,
  OnConflict,
  ReadPage,
  Signal,
  Snapshot,
  TaskDraft,
  TaskQuery,
  TaskRecord,
  TaskStore,
  WorkItem,
} from './task-store.ts'
