import * as z from 'zod'
import { cancelRequestSchema } from './cancel-request.ts'

/** Body of a request to stop what is active in a workspace. */
export interface ActiveCancelRequest {
  /** Default: the viewer's. */
  workspace_id?: string | null | undefined
  /** Stops this task only, however active another one is. */
  task_id?: string | null | undefined
  /** Why, for the log and the screen; at most 1,000 characters. */
  reason?: string | null | undefined
}

/** Body of an answer to a task's question. */
export interface InputAnswerRequest {
  /** The question's. */
  id: string
  /** Fits the question's schema; `null` when it is left out. */
  value?: unknown
}

const notAnObject = 'must be a JSON object'

function unknownFields(issue: { code?: string | undefined; keys?: readonly string[] }): string {
  return issue.code === 'unrecognized_keys' ? `unknown field: ${issue.keys?.join(', ')}` : notAnObject
}

function text(min: number, max: number): z.ZodString {
  return z
    .string({ error: 'must be a string' })
    .min(min, { error: 'must not be empty' })
    .max(max, { error: `must have at most ${max} characters` })
}

/** Checks the body of `POST /cancel`. Strict: a misspelt `task_id` would stop another task than the one that was meant. */
export const activeCancelRequestSchema: z.ZodType<ActiveCancelRequest> = z.strictObject(
  {
    workspace_id: text(1, 256).nullish(),
    task_id: text(1, 256).nullish(),
    reason: text(0, 1_000).nullish(),
  },
  { error: unknownFields },
)

/** Checks the body of `POST /:id/input`. Strict: a misspelt `value` would answer `null`, and the first answer counts. */
export const inputAnswerRequestSchema: z.ZodType<InputAnswerRequest> = z.strictObject(
  { id: text(1, 1_024), value: z.unknown() },
  { error: unknownFields },
)

/** Checks of the bodies that the routes take beside a task's own input, by name. */
export interface RequestSchemas {
  CancelRequest: typeof cancelRequestSchema
  ActiveCancelRequest: typeof activeCancelRequestSchema
  InputAnswerRequest: typeof inputAnswerRequestSchema
}

/** The same, as data: for documents made of the schemas. */
export const requestSchemas: RequestSchemas = {
  CancelRequest: cancelRequestSchema,
  ActiveCancelRequest: activeCancelRequestSchema,
  InputAnswerRequest: inputAnswerRequestSchema,
}
