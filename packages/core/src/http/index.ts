export type {
  Authenticate,
  AuthenticateRequest,
  AuthorizeAdmin,
  Identity,
  Viewer,
} from './authenticate.ts'
export { createTaskHandler, isBelow, type TaskHandler } from './create-task-handler.ts'
export { errorResponse } from './error-response.ts'
export { type FetchRequestParts, fromFetchRequest, targetOf, toFetchResponse } from './fetch-request.ts'
export {
  createPushHub,
  type HandlerLimits,
  type HttpErrorReporter,
  type RoutedManager,
  type TaskHandlerOptions,
} from './handler-options.ts'
export {
  type FrameForm,
  type PushBody,
  type PushHub,
  type PushLimits,
  type PushSink,
  type Sendable,
  type SocketRequest,
  type SocketSession,
  type SocketSink,
  socketBounds,
  sseComment,
} from './push/index.ts'
export type { RateLimit, RateLimiter } from './rate-limit.ts'
export {
  type RequestBody,
  type RequestHeaders,
  type SharedBody,
  type TaskRequest,
  type TaskResponse,
  wholeBody,
} from './task-request.ts'
export { toTaskInfo } from './to-task-info.ts'
