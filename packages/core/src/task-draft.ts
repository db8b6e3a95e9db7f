import { createHash } from 'node:crypto'
import { defaults } from './defaults.ts'
import type { AnyTaskDefinition, TaskOwner } from './define-task.ts'
import { TaskError } from './errors.ts'
import { firstIssue, inputIssues } from './schemas/index.ts'
import type { Json, TaskDraft } from './store/index.ts'

/** A task that somebody asks for. */
export interface CreateRequest {
  /** Name of a registered type; may be left out when only one is registered. */
  type?: string | undefined
  userId: string
  /** Default: `default`. */
  workspaceId?: string | undefined
  /** Checked against the definition's schema. */
  input: unknown
  /** Handed to the runner with the task; must survive JSON. */
  session?: unknown
  /** A create repeated with the same key and input answers the same task for 24 hours. */
  idempotencyKey?: string | undefined
}

const maxIdLength = 256

/**
 * Checks a request against its definition and makes what the store is given.
 *
 * @throws TaskError `invalid_input`
 */
export async function makeTaskDraft(
  definition: AnyTaskDefinition,
  request: CreateRequest,
  { newTaskId, now }: { newTaskId: (userId: string) => string; now: number },
): Promise<TaskDraft> {
  const owner = { userId: request.userId, workspaceId: request.workspaceId ?? 'default' }
  checkId('userId', owner.userId)
  checkId('workspaceId', owner.workspaceId)
  if (request.idempotencyKey !== undefined) checkId('idempotencyKey', request.idempotencyKey)

  const parsed = await definition.input.safeParseAsync(request.input)
  if (!parsed.success) {
    const issues = inputIssues(parsed.error)
    throw new TaskError(
      'invalid_input',
      `The input of "${definition.type}" is not valid${firstIssue(issues)}; see "issues".`,
      { issues },
    )
  }
  const input = parsed.data as never
  const json = jsonOf('input', input)
  const conversationId = definition.conversationId?.(input) ?? null
  return {
    ...owner,
    id: newTaskId(owner.userId),
    type: definition.type,
    conversationId,
    scope: scopeOf(definition, owner, input),
    input: json,
    summary: jsonOf('summary', definition.summary?.(input) ?? {}),
    session: request.session === undefined ? null : jsonOf('session', request.session),
    deadlineAt: definition.timeoutMs === undefined ? null : now + definition.timeoutMs,
    idempotency:
      request.idempotencyKey === undefined
        ? null
        : {
            key: request.idempotencyKey,
            bodyHash: createHash('sha256')
              .update(owner.workspaceId)
              .update('\0')
              .update(json)
              .digest('base64url'),
            ttlMs: defaults.idempotencyMs,
          },
  }
}

/** The user's id is part of every scope, so that no user can block another; JSON keeps the parts apart. */
function scopeOf(definition: AnyTaskDefinition, owner: TaskOwner, input: never): string | null {
  if (definition.scope === undefined) return JSON.stringify([owner.userId, owner.workspaceId])
  const scope = definition.scope(owner, input)
  return scope === null ? null : JSON.stringify([owner.userId, 'scope', scope])
}

function checkId(path: string, id: unknown): void {
  if (typeof id === 'string' && id.length > 0 && id.length <= maxIdLength) return
  const message = `must be a string of 1 to ${maxIdLength} characters`
  throw new TaskError('invalid_input', `\`${path}\` ${message}.`, { issues: [{ path, message }] })
}

function jsonOf(name: string, value: unknown): Json {
  try {
    const json = JSON.stringify(value)
    if (json !== undefined) return json
  } catch (cause) {
    throw new TaskError('invalid_input', `The task's ${name} cannot be serialised as JSON.`, { cause })
  }
  throw new TaskError('invalid_input', `The task's ${name} cannot be serialised as JSON.`)
}
