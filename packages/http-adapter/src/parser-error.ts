import { TaskError } from '@outlast/core'

/** What the errors of Express's body parsers mean, by their `type`. */
const meanings: Readonly<Record<string, () => TaskError>> = {
  'entity.parse.failed': () =>
    new TaskError('invalid_json', 'The body is not valid JSON in UTF-8. Check it and send it again.'),
  'entity.too.large': () =>
    new TaskError('body_too_large', 'The body is larger than the server accepts. Send a smaller one.'),
  'charset.unsupported': unsupported,
  'encoding.unsupported': unsupported,
}

/** The wire's error for what a body parser refused; `null` when it was not that. */
export function toParserError(error: unknown): TaskError | null {
  if (typeof error !== 'object' || error === null || !('type' in error)) return null
  const { type } = error
  return typeof type === 'string' && Object.hasOwn(meanings, type) ? (meanings[type]?.() ?? null) : null
}

function unsupported(): TaskError {
  return new TaskError(
    'unsupported_media_type',
    'Send the body as JSON in UTF-8, without an unusual encoding.',
  )
}
