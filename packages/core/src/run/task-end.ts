import { messageOf, TaskError } from '../errors.ts'
import { isTooDeepForEvent, maxEventDepth } from '../json-depth.ts'
import type { Commit, CommitOutcome, EventWriter } from '../log/index.ts'
import type { FinalStatus, StopInfo, TaskCompleteData, TaskEndCode } from '../protocol/index.ts'
import type { Append, Json } from '../store/index.ts'
import { toolText } from '../tool-output.ts'
import type { RunState } from './run-state.ts'
import { canceledText } from './tool-call.ts'

/** How a run ended by itself, before the store has decided between it and a stop. */
export type RunEnding =
  | { kind: 'returned'; value: unknown }
  | { kind: 'threw'; error: unknown; code: TaskEndCode }

interface TerminalWrite {
  error: { message: string; code: string } | null
  complete: TaskCompleteData
  final: NonNullable<Append['final']>
}

/** Room that `task_complete` needs beside the result, and that an error's sentence may take. */
const roomBesideResult = 4_096

const endCodes: ReadonlySet<string> = new Set<TaskEndCode>([
  'interrupted',
  'timeout',
  'shutdown',
  'buffer_full',
  'invalid_result',
  'runner_error',
])

/** The ending of a run that threw; a `TaskError` with the code of an ending keeps it. */
export function endingOfThrow(error: unknown): RunEnding {
  const code = TaskError.is(error) && endCodes.has(error.code) ? (error.code as TaskEndCode) : 'runner_error'
  return { kind: 'threw', error, code }
}

/** The ending of a task whose process has died. */
export function endingOfInterruption(): RunEnding {
  return endingOfThrow(
    new TaskError('interrupted', 'The process that ran the task ended before the task did.'),
  )
}

/** The ending of a run. A runner may throw before its first await; either way it is an ending, not a crash. */
export async function endingOfRun(run: () => Promise<unknown>): Promise<RunEnding> {
  try {
    return { kind: 'returned', value: await run() }
  } catch (error) {
    return endingOfThrow(error)
  }
}

/**
 * Ends a task with one append: closes what is open, writes `error` where there was one, then `task_complete`, together
 * with the final status. An end that is not `canceled` is refused once a stop is stored; then the stop decides.
 *
 * @returns the status that stands; `null` when the task is no longer this process's.
 */
export async function endTask(
  writer: EventWriter,
  run: RunState,
  ending: RunEnding,
  maxEventBytes: number,
): Promise<FinalStatus | null> {
  if (run.phase === 'finishing') {
    const terminal = terminalWrite(ending, maxEventBytes)
    const outcome = await write(writer, terminal)
    if (outcome === 'lost') return null
    run.apply(outcome === 'ok' ? 'end_stored' : 'end_refused')
    if (outcome === 'ok') return terminal.final.status
  }
  if (run.stop === null)
    throw new Error('the store refused an end for a stop, and handed out no stop request')
  if ((await write(writer, canceled(run.stop))) !== 'ok') return null
  run.apply('end_stored')
  return 'canceled'
}

function write(writer: EventWriter, { error, complete, final }: TerminalWrite): Promise<CommitOutcome> {
  const events: Commit['events'] = [
    ...(error === null ? [] : [{ type: 'error', data: error }]),
    { type: 'task_complete', data: { ...complete } },
  ]
  const toolResult =
    complete.status === 'canceled'
      ? canceledText({ reason: complete.reason ?? '', actor: complete.actor ?? '', at: 0 })
      : 'the task ended before this tool call had a result'
  return writer.end(
    final.status === 'canceled'
      ? { events, final, settles: ['stop'] }
      : { events, final, unlessStopped: true },
    { toolStatus: final.status === 'failed' ? 'failed' : 'canceled', toolResult },
  )
}

function canceled(stop: StopInfo): TerminalWrite {
  const reason = toolText(stop.reason, roomBesideResult)
  const { actor } = stop
  const code = reason === 'shutdown' && actor === 'system' ? { code: 'shutdown' } : {}
  return {
    error: null,
    complete: { status: 'canceled', reason, actor, ...code },
    final: { status: 'canceled' },
  }
}

function terminalWrite(ending: RunEnding, maxEventBytes: number): TerminalWrite {
  if (ending.kind === 'threw') return failure(messageOf(ending.error), ending.code)
  const result = resultJson(ending.value)
  if (result === null)
    return failure('The result of the task cannot be serialised as JSON.', 'invalid_result')
  if (isTooDeepForEvent(result, 1)) {
    return failure(`The result of the task nests deeper than ${maxEventDepth - 1} levels.`, 'invalid_result')
  }
  const maxBytes = maxEventBytes - roomBesideResult
  if (Buffer.byteLength(result) > maxBytes) {
    return failure(
      `The result of the task is larger than ${maxBytes} bytes; store it elsewhere and return a reference to it.`,
      'invalid_result',
    )
  }
  return {
    error: null,
    complete: { status: 'succeeded', result: JSON.parse(result) },
    final: { status: 'succeeded', result },
  }
}

function failure(sentence: string, code: TaskEndCode): TerminalWrite {
  const message = toolText(sentence, roomBesideResult)
  return {
    error: { message, code },
    complete: { status: 'failed', error: message, code },
    final: { status: 'failed', error: JSON.stringify({ message, code }) },
  }
}

function resultJson(value: unknown): Json | null {
  try {
    return JSON.stringify(value ?? null) ?? null
  } catch {
    return null
  }
}
