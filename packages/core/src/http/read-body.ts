import { TaskError } from '../errors.ts'
import { inputIssues } from '../schemas/index.ts'
import { type BodyLimits, readJsonBody } from './read-json-body.ts'
import type { TaskRequest } from './task-request.ts'

/** What is used of a zod schema. */
interface BodySchema<Body> {
  safeParse(
    value: unknown,
  ): { success: true; data: Body } | { success: false; error: Parameters<typeof inputIssues>[0] }
}

/**
 * Reads a request's body and checks it. No body counts as an empty object.
 *
 * @param sentence says how the body should be
 * @throws TaskError `invalid_input`, and what reading it throws
 */
export async function readBody<Body>(
  request: TaskRequest,
  limits: BodyLimits,
  { schema, sentence }: { schema: BodySchema<Body>; sentence: string },
): Promise<Body> {
  const { value = {} } = await readJsonBody(request, limits)
  const body = schema.safeParse(value)
  if (!body.success) throw new TaskError('invalid_input', sentence, { issues: inputIssues(body.error) })
  return body.data
}
