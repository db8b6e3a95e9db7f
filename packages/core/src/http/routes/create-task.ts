import type { AnyTaskDefinition } from '../../define-task.ts'
import { TaskError } from '../../errors.ts'
import type { TaskCreated } from '../../protocol/index.ts'
import { errorResponse } from '../error-response.ts'
import type { HandlerContext } from '../handler-options.ts'
import { jsonResponse } from '../json-response.ts'
import { checkSize, readJsonBody } from '../read-json-body.ts'
import type { TaskResponse } from '../task-request.ts'
import type { RouteCall } from './route.ts'

/** Bound of an `Idempotency-Key`, in characters. */
const maxKeyLength = 255

/** `POST /`: creates a task from a body that its definition's schema accepts. */
export async function createTask(call: RouteCall): Promise<TaskResponse> {
  const { context, request, viewer } = call
  const { manager, limits, quota } = context
  const body = await readJsonBody(request, { ...limits, maxBodyBytes: largestBody(context) })
  if (body.value === undefined) {
    throw new TaskError(
      'invalid_json',
      'The request has no body. Send a JSON object that describes the task.',
    )
  }
  const { definition, input } = chooseDefinition(manager.definitions, body.value)
  // The type is known only now; its own bound may be smaller than the largest.
  checkSize(body.bytes, definition.maxBodyBytes ?? limits.maxBodyBytes)
  try {
    const key = idempotencyKey(request.headers.get('idempotency-key'))
    const place = { userId: viewer.userId, key: key === undefined ? null : `${definition.type} ${key}` }
    const { task, outcome } = await quota.create(place, () =>
      manager.create({
        type: definition.type,
        userId: viewer.userId,
        workspaceId: viewer.workspaceId,
        input,
        session: viewer.session,
        idempotencyKey: key,
      }),
    )
    const data: TaskCreated = {
      task_id: task.id,
      status: task.status,
      created_at: task.createdAt / 1_000,
      conversation_id: task.conversationId,
      ...(outcome !== 'created' && { [outcome]: true }),
      ...(task.queuePosition !== null && { queue_position: task.queuePosition }),
    }
    const location = `${request.basePath}/${encodeURIComponent(task.id)}`
    return jsonResponse(outcome === 'created' ? 202 : 200, { success: true, data }, { location })
  } catch (error) {
    if (TaskError.is(error, 'task_already_running')) return conflictResponse(call, error)
    throw error
  }
}

/** Names the running task, if it is the viewer's: a manager whose scopes span users must not give ids away. */
async function conflictResponse({ context, viewer }: RouteCall, error: TaskError): Promise<TaskResponse> {
  const task = error.taskId === null ? null : await context.manager.get(error.taskId)
  if (task === null || task.userId !== viewer.userId) return errorResponse(error)
  return errorResponse(error, {
    task: { task_id: task.id, status: task.status, next_offset: task.nextIdx },
  })
}

function largestBody({ manager, limits }: HandlerContext): number {
  const sizes = [...manager.definitions.values()].map(
    ({ maxBodyBytes }) => maxBodyBytes ?? limits.maxBodyBytes,
  )
  return Math.max(...sizes)
}

/**
 * The definition that a body is for, and the body without the `type` that said so. With a single definition the
 * `type` may be left out, and one that is not its name is a field of the input.
 */
function chooseDefinition(
  definitions: ReadonlyMap<string, AnyTaskDefinition>,
  body: unknown,
): { definition: AnyTaskDefinition; input: unknown } {
  const { type, ...input }: { type?: unknown } = isObject(body) ? body : {}
  const named = typeof type === 'string' ? definitions.get(type) : undefined
  if (named !== undefined) return { definition: named, input }
  const [only, ...others] = definitions.values()
  if (only !== undefined && others.length === 0) return { definition: only, input: body }
  const names = [...definitions.keys()].join('", "')
  throw new TaskError('invalid_input', `The body must be a JSON object whose "type" is one of "${names}".`, {
    issues: [{ path: 'type', message: `must be one of "${names}"` }],
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function idempotencyKey(key: string | null): string | undefined {
  if (key !== null && (key === '' || key.length > maxKeyLength)) {
    throw new TaskError('invalid_input', `The Idempotency-Key must have 1 to ${maxKeyLength} characters.`, {
      issues: [{ path: 'Idempotency-Key', message: `must have 1 to ${maxKeyLength} characters` }],
    })
  }
  return key ?? undefined
}
