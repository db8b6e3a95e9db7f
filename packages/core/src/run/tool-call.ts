import { type Clock, checkDuration } from '../clock.ts'
import { messageOf, TaskError } from '../errors.ts'
import { type CommitOutcome, checkEvent, type EventWriter, type NewEvent } from '../log/index.ts'
import type { StopInfo, ToolStatus } from '../protocol/index.ts'
import type { ToolCall, ToolFunction, ToolResult, ToolUpdate } from '../task-context.ts'
import { fittingValue, toolText } from '../tool-output.ts'
import { withGrace } from './grace.ts'
import type { RunSignals } from './run-signals.ts'
import type { RunState } from './run-state.ts'

/** What a tool call needs of the run that it belongs to. */
export interface ToolCallOptions {
  writer: EventWriter
  /** Writes an `update_action`; never throws for a full buffer, which ends the run by itself. */
  write(data: object): void
  clock: Clock
  /** The run that the call belongs to. */
  run: RunState
  graceMs: number
  /** Bytes that one event may have: larger arguments and results are cut. */
  maxEventBytes: number
  /** Brings requests to cancel single calls. */
  signals: RunSignals
  /** Ids of the run's calls that are not over yet. */
  underWay: Set<string>
}

type Settled<Value> = { ok: true; value: Value } | { ok: false; error: unknown }

/** A sentence may take this part of an event, for it may stand in it twice and beside a result. */
const shareOfSentence = 4

const canceledByUser = 'cancelled by user'

/** What a stopped tool leaves for the model and for the screen. */
export function canceledText(stop: StopInfo | null): string {
  if (stop === null) return 'cancelled: the task could not go on'
  return stop.actor === 'system' ? `cancelled: ${stop.reason.slice(0, 200)}` : canceledByUser
}

/**
 * Runs a tool behind the stop gate. `tool_start` is committed unless a stop is stored, and awaited before the
 * function is called: after the acknowledgement of a stop no tool starts, in whatever process the stop was accepted.
 * A function that ignores its signal is abandoned after the grace, and what it returns later is dropped.
 *
 * @throws TaskError `invalid_event` when the call itself is malformed, `invalid_definition` when its timeout is no
 * duration; never for what the function does.
 */
export async function runToolCall<Value>(
  call: ToolCall,
  run: ToolFunction<Value>,
  options: ToolCallOptions,
): Promise<ToolResult<Value>> {
  const { id, timeout } = call
  const { underWay } = options
  if (timeout !== undefined) checkDuration('timeout', timeout)
  if (underWay.has(id)) {
    // Not thrown: a model may have chosen the id, and should read this. Not written: the block is the other call's.
    const error = new TaskError('invalid_event', `A tool call with the id "${id}" is running already.`)
    return { role: 'tool', tool_call_id: id, status: 'failed', content: error.message, error }
  }
  underWay.add(id)
  try {
    return await runGated(call, run, options)
  } finally {
    underWay.delete(id)
  }
}

async function runGated<Value>(
  call: ToolCall,
  run: ToolFunction<Value>,
  options: ToolCallOptions,
): Promise<ToolResult<Value>> {
  const { id, name } = call
  const message = { role: 'tool', tool_call_id: id } as const
  const write = (status: ToolStatus, data: object): void => {
    options.write({ ...data, id, status })
  }
  const canceled = (isShown: boolean): ToolResult<Value> => {
    const content = canceledText(options.run.stop)
    if (isShown) write('canceled', { result: content, message: content })
    return { ...message, status: 'canceled', content }
  }

  const { run: owner } = options
  const gate = owner.signal.aborted ? 'stopped' : await commitStart(call, options)
  // It never started: there is a block to close only if its arguments had begun to stream in.
  if (gate !== 'ok') return canceled(options.writer.hasOpenTool(id))

  owner.toolStarted()
  const limit = new AbortController()
  const cancelTimeout =
    call.timeout === undefined
      ? null
      : options.clock.schedule(() => {
          limit.abort(new TaskError('timeout', `The tool "${name}" took longer than ${call.timeout} ms.`))
        }, call.timeout)
  let isCanceled = false
  const stopListening = options.signals.onToolCancel(id, () => {
    isCanceled = true
    limit.abort(new TaskError('task_stopped', `The call of "${name}" was canceled.`))
  })
  const signal = AbortSignal.any([owner.signal, limit.signal])
  let isOver = false
  const report = (update: ToolUpdate): void => {
    if (!isOver) write('running', interimData(update, options.maxEventBytes))
  }
  const settled = await withGrace(settle(run, signal, report), signal, options.clock, options.graceMs)
  isOver = true
  owner.toolEnded()
  cancelTimeout?.()
  stopListening()

  // A stop that was accepted before the tool was done decides, whatever the tool made of it.
  if (owner.signal.aborted) return canceled(true)
  if (isCanceled) {
    const data = { id, status: 'canceled', result: canceledByUser, message: canceledByUser }
    await options.writer.commit({ events: [{ type: 'update_action', data }], settles: [`tool:${id}`] })
    return { ...message, status: 'canceled', content: canceledByUser }
  }
  if (settled?.ok && !limit.signal.aborted) {
    const content = toolText(settled.value ?? '', options.maxEventBytes)
    write('completed', { result: fittingValue(settled.value, options.maxEventBytes) })
    return { ...message, status: 'completed', content, value: settled.value }
  }
  const error = limit.signal.aborted || settled === null || settled.ok ? signal.reason : settled.error
  const content = toolText(messageOf(error), Math.floor(options.maxEventBytes / shareOfSentence))
  write('failed', { result: content, message: content })
  return { ...message, status: 'failed', content, error }
}

/** @throws TaskError `invalid_event` to the tool that reported nonsense */
function interimData({ message, progress, result }: ToolUpdate, maxEventBytes: number): object {
  const data = {
    ...(message !== undefined && { message: sentence(message, maxEventBytes) }),
    ...(progress !== undefined && { progress }),
    ...(result !== undefined && { result: fittingValue(result, Math.floor(maxEventBytes / 2)) }),
  }
  checkEvent('update_action', { ...data, id: '', status: 'running' }, undefined)
  return data
}

const sentence = (text: string, maxEventBytes: number): string =>
  typeof text === 'string' ? toolText(text, Math.floor(maxEventBytes / shareOfSentence)) : text

function startEvents(call: ToolCall, maxEventBytes: number): NewEvent[] {
  const { id, name, intent } = call
  const start: NewEvent = {
    type: 'tool_start',
    data: { id, name, arguments: fittingValue(call.input, Math.floor(maxEventBytes / 2)) },
  }
  const events = intent === undefined ? [start] : [{ type: 'tool_intent', data: { id, name, intent } }, start]
  for (const event of events) checkEvent(event.type, event.data, undefined)
  return events
}

/** Passes the stop gate. A cancel that is older than the call's block was meant for an earlier call with the same id. */
function commitStart(
  call: ToolCall,
  { writer, signals, maxEventBytes }: ToolCallOptions,
): Promise<CommitOutcome> {
  const start = { events: startEvents(call, maxEventBytes), unlessStopped: true } as const
  if (writer.hasOpenTool(call.id)) return writer.commit(start)
  signals.forgetToolCancel(call.id)
  return writer.commit({ ...start, settles: [`tool:${call.id}`] })
}

async function settle<Value>(
  run: ToolFunction<Value>,
  signal: AbortSignal,
  report: (update: ToolUpdate) => void,
): Promise<Settled<Value>> {
  try {
    return { ok: true, value: await run(signal, report) }
  } catch (error) {
    return { ok: false, error }
  }
}
