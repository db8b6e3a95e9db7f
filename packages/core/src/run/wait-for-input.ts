import type { z } from 'zod'
import type { Clock } from '../clock.ts'
import { TaskError } from '../errors.ts'
import type { EventWriter, NewEvent } from '../log/index.ts'
import { checkEventData, type InputOutcome } from '../protocol/index.ts'
import { firstIssue, inputIssues } from '../schemas/index.ts'
import type { InputRequest, InputResult } from '../task-context.ts'
import type { QuestionRoom } from './question-room.ts'
import { questionSchema } from './question-schema.ts'
import type { RunSignals } from './run-signals.ts'

/** What waiting for an answer needs of the run that it belongs to. */
export interface InputOptions {
  writer: EventWriter
  clock: Clock
  /** The task's signal. */
  signal: AbortSignal
  /** Fires when the run is over: its log closes the questions that it left open. */
  over: AbortSignal
  signals: RunSignals
  /** Room for the questions that the run has open. */
  room: QuestionRoom
  /** Gives the run's place in the queue back; the answer takes one again. */
  releaseSlot(): () => Promise<void>
}

/**
 * Asks the user something and waits for the answer, for the stop of the task or for the question's end. The question
 * stands in the log as an open block, so it survives a refresh; the answer is a stored signal, so it survives the death
 * of this process, and an attempt that asks again under the same id finds it.
 *
 * @throws TaskError `invalid_event` for a malformed request and for more questions than fit; `invalid_input` when the
 * answer passed the question's JSON schema but not the schema itself.
 */
export async function waitForInput<Schema extends z.ZodType>(
  request: InputRequest<Schema>,
  options: InputOptions,
): Promise<InputResult<z.output<Schema>>> {
  const { id } = request
  const { writer, signals, over } = options
  const question = questionEvent(request)
  if (over.aborted) return { outcome: 'canceled' }
  const known = signals.answerTo(id)
  if (known !== undefined) {
    await writer.commit({ events: [question, responseEvent(id, 'answered', known)] })
    return { outcome: 'answered', value: await parseAnswer(request, known) }
  }
  const leaveRoom = options.room.take(id, question.data.schema)
  try {
    const gate = await writer.commit({ events: [question], unlessStopped: true })
    if (gate !== 'ok') return { outcome: 'canceled' }
    const takeSlot = options.releaseSlot()
    const { outcome, json } = await untilAnswer(request, options)
    if (over.aborted) return { outcome: 'canceled' }
    await writer.commit({ events: [responseEvent(id, outcome, json)] })
    leaveRoom()
    if (outcome === 'canceled') return { outcome }
    await untilSlot(takeSlot, options.signal)
    return outcome === 'answered'
      ? { outcome, value: await parseAnswer(request, json ?? 'null') }
      : { outcome }
  } finally {
    leaveRoom()
  }
}

function untilAnswer(
  { id, expiresAt }: InputRequest,
  { clock, signal, over, signals }: InputOptions,
): Promise<{ outcome: InputOutcome; json?: string }> {
  return new Promise((resolve) => {
    const undo: (() => void)[] = []
    const end = (outcome: InputOutcome, json?: string): void => {
      for (const step of undo) step()
      resolve(json === undefined ? { outcome } : { outcome, json })
    }
    const onAbort = (): void => end('canceled')
    if (signal.aborted || over.aborted) return onAbort()
    for (const source of [signal, over]) {
      source.addEventListener('abort', onAbort, { once: true })
      undo.push(() => source.removeEventListener('abort', onAbort))
    }
    undo.push(signals.onAnswer(id, (json) => end('answered', json)))
    if (expiresAt !== undefined) {
      undo.push(clock.schedule(() => end('expired'), Math.max(0, expiresAt - clock.now())))
    }
    // It may have come while the question was being stored.
    const early = signals.answerTo(id)
    if (early !== undefined) end('answered', early)
  })
}

/** A stop does not wait for a place in the queue. */
function untilSlot(takeSlot: () => Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    takeSlot()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function questionEvent({
  id,
  prompt,
  schema,
  expiresAt,
}: InputRequest): NewEvent & { data: { schema: object } } {
  if (typeof id !== 'string' || id === '' || typeof prompt !== 'string') {
    throw new TaskError('invalid_event', 'A question needs an `id` and a `prompt`, both strings.')
  }
  if (expiresAt !== undefined && (typeof expiresAt !== 'number' || Number.isNaN(expiresAt))) {
    throw new TaskError(
      'invalid_event',
      'The `expiresAt` of a question is a number of milliseconds since 1970.',
    )
  }
  const data = {
    id,
    prompt,
    schema: schema === undefined ? {} : questionSchema(id, schema),
    expires_at: expiresAt === undefined ? null : expiresAt / 1_000,
  }
  const problem = checkEventData('input_request', data)
  if (problem !== null) throw new TaskError('invalid_event', `A question: ${problem}.`)
  return { type: 'input_request', data }
}

function responseEvent(id: string, outcome: InputOutcome, json: string | undefined): NewEvent {
  const answer = json === undefined ? {} : { value: JSON.parse(json) as unknown }
  return { type: 'input_response', data: { id, outcome, ...answer } }
}

async function parseAnswer<Schema extends z.ZodType>(
  { id, schema }: InputRequest<Schema>,
  json: string,
): Promise<z.output<Schema>> {
  const value: unknown = JSON.parse(json)
  if (schema === undefined) return value as z.output<Schema>
  const parsed = await schema.safeParseAsync(value)
  if (parsed.success) return parsed.data
  const issues = inputIssues(parsed.error)
  throw new TaskError(
    'invalid_input',
    `The answer to "${id}" does not fit its schema${firstIssue(issues)}.`,
    { issues },
  )
}
