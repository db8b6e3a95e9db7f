import type { Clock } from '../clock.ts'
import { defaults } from '../defaults.ts'
import type { AnyTaskDefinition, EventSchemas } from '../define-task.ts'
import { TaskError } from '../errors.ts'
import { checkEvent, type EventWriter } from '../log/index.ts'
import type { Claim, Json } from '../store/index.ts'
import type { ProgressReport, TaskContext } from '../task-context.ts'
import { toolText } from '../tool-output.ts'
import { ProgressReporter } from './progress-reporter.ts'
import { QuestionRoom } from './question-room.ts'
import type { RunSignals } from './run-signals.ts'
import type { RunState } from './run-state.ts'
import { runToolCall } from './tool-call.ts'
import { waitForInput } from './wait-for-input.ts'

/** What a context stands on. */
export interface ContextOptions {
  claim: Claim
  definition: AnyTaskDefinition
  writer: EventWriter
  clock: Clock
  run: RunState
  progressMs: number
  /** Durations of earlier runs of the type, in milliseconds. */
  earlierMs(): readonly number[]
  toolGraceMs: number
  maxEventBytes: number
  signals: RunSignals
  releaseSlot(): () => Promise<void>
}

/** A context, and its end. */
export interface LiveContext {
  context: TaskContext
  /** The run is over: writes what is still held back, and lets go of whoever waits for an answer. */
  close(): void
}

/** Makes what a definition's `run` is given. */
export function createTaskContext(options: ContextOptions): LiveContext {
  const { claim, definition, writer, run } = options
  const { task } = claim
  const schemas: EventSchemas | undefined = definition.events
  const emit = (type: string, data: unknown): boolean => {
    const checked = checkEvent(type, data, schemas)
    try {
      return writer.emit(type, checked)
    } catch (error) {
      if (TaskError.is(error, 'buffer_full')) run.apply('fault', error)
      throw error
    }
  }
  // For what nobody is there to catch: a progress from a timer, the end of a tool call. The data was checked before, so
  // a full buffer is all that can go wrong, and that ends the run by itself.
  const write = (type: string, data: object): void => {
    try {
      writer.emit(type, data)
    } catch (error) {
      if (!TaskError.is(error, 'buffer_full')) throw error
      run.apply('fault', error)
    }
  }
  const progressReporter = new ProgressReporter({
    write: (report) => write('progress', report),
    clock: options.clock,
    intervalMs: options.progressMs,
    earlierMs: options.earlierMs,
  })
  const toolCallsUnderWay = new Set<string>()
  const over = new AbortController()
  const inputOptions = { ...options, signal: run.signal, over: over.signal, room: new QuestionRoom() }
  const context: TaskContext = {
    taskId: task.id,
    type: task.type,
    userId: task.userId,
    workspaceId: task.workspaceId,
    conversationId: task.conversationId,
    input: JSON.parse(claim.input),
    session: claim.session === null ? null : JSON.parse(claim.session),
    attempt: task.attempt,
    signal: run.signal,
    emit,
    flush: () => writer.flush(),
    tool: (call, execute) =>
      runToolCall(call, execute, {
        writer,
        write: (data) => write('update_action', data),
        clock: options.clock,
        run,
        graceMs: options.toolGraceMs,
        maxEventBytes: options.maxEventBytes,
        signals: options.signals,
        underWay: toolCallsUnderWay,
      }),
    waitForInput: (request) => waitForInput(request, inputOptions),
    lastCheckpoint: writer.checkpoint === null ? null : JSON.parse(writer.checkpoint.value),
    async checkpoint(value) {
      // What was cut short must not be taken for done by the next attempt.
      run.signal.throwIfAborted()
      await writer.saveCheckpoint(checkpointJson(value))
    },
    progress(report) {
      // Checked here, at the caller: the throttle may write from a timer, where a throw would reach nobody.
      checkEvent('progress', report, undefined)
      progressReporter.report(plainReport(report, options.maxEventBytes))
    },
  }
  return {
    context,
    close() {
      progressReporter.flush()
      over.abort()
    },
  }
}

/** The fields of a report and nothing else: it is kept, and written when nobody is there to hear that it cannot be. */
function plainReport(
  { done, total, unit, message, eta_ms }: ProgressReport,
  maxEventBytes: number,
): ProgressReport {
  const bound = Math.floor(maxEventBytes / 4)
  return {
    done,
    total,
    ...(typeof unit === 'string' && { unit: toolText(unit, bound) }),
    ...(typeof message === 'string' && { message: toolText(message, bound) }),
    ...(eta_ms !== undefined && { eta_ms }),
  }
}

function checkpointJson(value: unknown): Json {
  let json: Json | undefined
  try {
    json = JSON.stringify(value)
  } catch (cause) {
    throw new TaskError('invalid_checkpoint', 'The checkpoint cannot be serialised as JSON.', { cause })
  }
  if (json === undefined || json.length > defaults.maxCheckpointLength) {
    throw new TaskError(
      'invalid_checkpoint',
      `A checkpoint must have JSON of at most ${defaults.maxCheckpointLength} characters; store more elsewhere.`,
    )
  }
  return json
}
