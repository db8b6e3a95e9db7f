import { jsonTextResponse } from '../json-response.ts'
import type { TaskResponse } from '../task-request.ts'
import type { RouteCall } from './route.ts'

/** `GET /openapi.json`: the routes and every task type's input. Like all routes, for those who are signed in. */
export async function readOpenApi({ context, request }: RouteCall): Promise<TaskResponse> {
  return jsonTextResponse(200, context.openApi(request.basePath))
}
