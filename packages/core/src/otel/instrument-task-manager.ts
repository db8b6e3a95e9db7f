import type { TaskManager } from '../task-manager.ts'
import { RunSpans } from './run-spans.ts'
import { TaskMetrics } from './task-metrics.ts'
import type { TelemetryApi, TelemetryMeter, TelemetryTracer } from './telemetry-api.ts'
import { toolMoments } from './tool-moments.ts'

/** Where telemetry goes, and what it may hold. */
export interface TelemetryOptions {
  /** Takes the spans. Default: OpenTelemetry's global tracer `@outlast/core`. */
  tracer?: TelemetryTracer
  /** Takes the metrics. Default: OpenTelemetry's global meter `@outlast/core`. */
  meter?: TelemetryMeter
  /** Puts the sentences of failed tasks into spans; they may quote what users wrote. Default false: codes only. */
  errorMessages?: boolean
}

/** A manager's telemetry while it is on. */
export interface TaskTelemetry {
  /** Calls `work` within the span of a task that runs here, so that spans made there are below it. */
  withinSpan<Value>(taskId: string, work: () => Value): Value
  /** Ends the telemetry. Spans of runs that go on are left open, and so never exported. */
  stop(): void
}

/**
 * Reports a manager's tasks to OpenTelemetry: a span for every run in this process, one for every tool call below it,
 * and metrics. Spans and metrics hold types, ids, statuses, codes, tool names and durations; no input, result, text or
 * argument, and no user.
 *
 * @param api the module `@opentelemetry/api` of the application, so that spans go where its own go.
 *
 * @example
 * ```ts
 * import * as openTelemetry from '@opentelemetry/api'
 *
 * const manager = new TaskManager({ tasks: [resize] })
 * instrumentTaskManager(manager, openTelemetry)
 * ```
 */
export function instrumentTaskManager(
  manager: Pick<TaskManager, 'on'>,
  api: TelemetryApi,
  options: TelemetryOptions = {},
): TaskTelemetry {
  const tracer = options.tracer ?? api.trace.getTracer('@outlast/core')
  const metrics = new TaskMetrics(options.meter ?? api.metrics.getMeter('@outlast/core'))
  const spans = new RunSpans(api, tracer, { errorMessages: options.errorMessages ?? false })
  const endings = [
    manager.on('created', (task) => metrics.created(task)),
    manager.on('started', (task) => {
      spans.started(task)
      metrics.started(task)
    }),
    manager.on('events', (taskId, texts) => {
      metrics.events(taskId, texts.length)
      for (const moment of toolMoments(texts)) {
        spans.tool(taskId, moment)
        metrics.tool(taskId, moment)
      }
    }),
    manager.on('finished', (task) => {
      spans.finished(task)
      metrics.finished(task)
    }),
    manager.on('run_ended', (taskId) => {
      spans.released(taskId)
      metrics.released(taskId)
    }),
  ]
  return {
    withinSpan: (taskId, work) => spans.within(taskId, work),
    stop: () => {
      for (const end of endings) end()
    },
  }
}
