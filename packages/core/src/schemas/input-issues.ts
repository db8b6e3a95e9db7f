import type { z } from 'zod'
import type { InputIssue } from '../protocol/index.ts'

/** Turns what zod found wrong into the issues of an `invalid_input` answer: dotted paths, one sentence each. */
export function inputIssues(error: z.core.$ZodError): InputIssue[] {
  return error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
}

/** The first issue as the end of a sentence, so that a message that is all one sees says what was wrong. */
export function firstIssue([first]: readonly InputIssue[]): string {
  if (first === undefined) return ''
  return first.path === '' ? `: ${first.message}` : ` at \`${first.path}\`: ${first.message}`
}
