import type { Viewer } from '../authenticate.ts'
import type { HandlerContext } from '../handler-options.ts'
import type { Query } from '../parse-query.ts'
import type { TaskRequest, TaskResponse } from '../task-request.ts'

/** What a route is given. */
export interface RouteCall {
  readonly context: HandlerContext
  readonly request: TaskRequest
  readonly viewer: Viewer
  /** From the path; empty where there is none. */
  readonly taskId: string
  /** From the path; empty where there is none. */
  readonly toolId: string
  readonly query: Query
}

/** Answers one kind of request; refuses by throwing a `TaskError`. */
export type Route = (call: RouteCall) => Promise<TaskResponse>
