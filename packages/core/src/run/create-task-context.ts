import type { Clock } from '../clock.ts'
import type { AnyTaskDefinition, EventSchemas } from '../define-task.ts'
import { TaskError } from '../errors.ts'
import { checkEvent, type EventWriter } from '../log/index.ts'
import type { StopInfo } from '../protocol/index.ts'
import type { Claim } from '../store/index.ts'
import type { ProgressReport, TaskContext } from '../task-context.ts'
import { ProgressThrottle } from './progress-throttle.ts'
import { runToolCall } from './tool-call.ts'

/** What a context stands on. */
export interface ContextOptions {
  claim: Claim
  definition: AnyTaskDefinition
  writer: EventWriter
  clock: Clock
  signal: AbortSignal
  progressMs: number
  toolGraceMs: number
  maxEventBytes: number
  stop(): StopInfo | null
  /** `emit` was given more than the hard bound: the run has to end. */
  onOverflow(error: TaskError): void
}

/** A context, and the way to write what it still holds back when the run is over. */
export interface LiveContext {
  context: TaskContext
  flushProgress(): void
}

/** Makes what a definition's `run` is given. */
export function createTaskContext(options: ContextOptions): LiveContext {
  const { claim, definition, writer, signal } = options
  const { task } = claim
  const schemas: EventSchemas | undefined = definition.events
  const emit = (type: string, data: unknown): boolean => {
    const checked = checkEvent(type, data, schemas)
    try {
      return writer.emit(type, checked)
    } catch (error) {
      if (TaskError.is(error, 'buffer_full')) options.onOverflow(error)
      throw error
    }
  }
  const throttle = new ProgressThrottle(
    (report: ProgressReport) => {
      writer.emit('progress', report)
    },
    options.clock,
    options.progressMs,
  )
  const context: TaskContext = {
    taskId: task.id,
    type: task.type,
    userId: task.userId,
    workspaceId: task.workspaceId,
    conversationId: task.conversationId,
    input: JSON.parse(claim.input),
    session: claim.session === null ? null : JSON.parse(claim.session),
    attempt: task.attempt,
    signal,
    emit,
    flush: () => writer.flush(),
    tool: (call, run) =>
      runToolCall(call, run, {
        writer,
        clock: options.clock,
        signal,
        graceMs: options.toolGraceMs,
        maxEventBytes: options.maxEventBytes,
        stop: options.stop,
      }),
    progress(report) {
      // Checked here, at the caller: the throttle may write from a timer, where a throw would reach nobody.
      checkEvent('progress', report, undefined)
      throttle.report({ ...report })
    },
  }
  return { context, flushProgress: () => throttle.flush() }
}
