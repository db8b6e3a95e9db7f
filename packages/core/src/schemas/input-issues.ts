import type { z } from 'zod'
import type { InputIssue } from '../protocol/index.ts'

/** Turns what zod found wrong into the issues of an `invalid_input` answer: dotted paths, one sentence each. */
export function inputIssues(error: z.core.$ZodError): InputIssue[] {
  return error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
}
