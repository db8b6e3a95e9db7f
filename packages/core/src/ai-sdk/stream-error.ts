import { messageOf } from '../errors.ts'
import { toolText } from '../tool-output.ts'

/**
 * The error of a stream as something to throw. Providers put plain objects into a stream, often nested
 * (`{ type: 'error', error: { message } }`): the sentence is dug out, the original stays as `cause`.
 */
export function streamError(value: unknown): Error {
  return value instanceof Error ? value : new Error(sentenceOf(value), { cause: value })
}

/** The sentence in whatever a provider or a tool gave as its error. */
export function sentenceOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || value instanceof Error) return messageOf(value)
  return nestedMessage(value, 3) ?? toolText(value, Number.POSITIVE_INFINITY)
}

function nestedMessage(value: unknown, depth: number): string | null {
  if (typeof value !== 'object' || value === null || depth === 0) return null
  if ('message' in value && typeof value.message === 'string' && value.message !== '') return value.message
  return 'error' in value ? nestedMessage(value.error, depth - 1) : null
}
