import { TaskClientError } from '@outlast/client'

/** What went wrong, as a sentence; sizes in units that people use. */
export function sentenceOf(thrown: unknown): string {
  if (TaskClientError.is(thrown, 'network_error')) return 'The server cannot be reached.'
  const sentence = thrown instanceof Error ? thrown.message : 'Something went wrong that has no name.'
  return sentence.replace(/(\d{4,}) bytes/g, (_, bytes: string) => sizeOf(Number(bytes)))
}

/** Why a message was not taken. */
export function sendProblem(thrown: unknown): string {
  if (TaskClientError.is(thrown) && thrown.status === 413)
    return `Your message is too long. ${sentenceOf(thrown)}`
  // The fields' own sentences say what the general one cannot.
  const issues = TaskClientError.is(thrown) ? thrown.issues : []
  if (issues.length > 0)
    return `Your message was not taken: ${issues.map(({ path, message }) => `${path} ${message}`).join('; ')}.`
  return `Your message was not sent. ${sentenceOf(thrown)}`
}

/** Why an answer could not be stopped. */
export function stopProblem(thrown: unknown): string {
  if (TaskClientError.is(thrown, 'task_not_found'))
    return 'There is nothing left to stop: the server no longer knows this answer.'
  return `The stop did not reach the server, so the answer may go on. ${sentenceOf(thrown)}`
}

function sizeOf(bytes: number): string {
  const megabytes = bytes / 1_048_576
  return megabytes >= 1 ? `${Number(megabytes.toFixed(1))} MB` : `${Math.round(bytes / 1_024)} kB`
}
