export type { Authenticate, AuthenticateRequest, Identity } from './authenticate.ts'
export { createTaskHandler, isBelow, type TaskHandler } from './create-task-handler.ts'
export { errorResponse } from './error-response.ts'
export type {
  HandlerLimits,
  HttpErrorReporter,
  RoutedManager,
  TaskHandlerOptions,
} from './handler-options.ts'
export type { RequestBody, RequestHeaders, TaskRequest, TaskResponse } from './task-request.ts'
export { toTaskInfo } from './to-task-info.ts'
