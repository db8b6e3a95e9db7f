import type { TaskRecord } from '../store/index.ts'
import { endAttributes, errorOf, queueSeconds } from './attributes.ts'
import type { TelemetryApi, TelemetrySpan, TelemetryTracer } from './telemetry-api.ts'
import type { ToolMoment } from './tool-moments.ts'

interface RunSpan {
  span: TelemetrySpan
  tools: Map<string, TelemetrySpan>
}

/** OpenTelemetry's `SpanStatusCode.ERROR`. */
const errorStatus = 2

/** A span for every run in this process, with one for every tool call below it. */
export class RunSpans {
  readonly #api: TelemetryApi
  readonly #tracer: TelemetryTracer
  readonly #errorMessages: boolean
  readonly #runs: Map<string, RunSpan> = new Map()

  constructor(api: TelemetryApi, tracer: TelemetryTracer, options: { errorMessages: boolean }) {
    this.#api = api
    this.#tracer = tracer
    this.#errorMessages = options.errorMessages
  }

  /** Calls `work` within the span of a task's run, if there is one. */
  within<Value>(taskId: string, work: () => Value): Value {
    const span = this.#runs.get(taskId)?.span
    return span === undefined ? work() : this.#api.context.with(this.#below(span), work)
  }

  started(task: TaskRecord): void {
    this.released(task.id)
    const queued = queueSeconds(task)
    const span = this.#tracer.startSpan(`run_task ${task.type}`, {
      // A task outlives the request that created it, and whatever else was going on when its turn came.
      root: true,
      attributes: {
        'outlast.task.id': task.id,
        'outlast.task.type': task.type,
        'outlast.task.attempt': task.attempt,
        ...(queued !== null && { 'outlast.task.queue.duration': queued }),
      },
    })
    this.#runs.set(task.id, { span, tools: new Map() })
  }

  tool(taskId: string, moment: ToolMoment): void {
    const run = this.#runs.get(taskId)
    if (run === undefined) return
    const open = run.tools.get(moment.id)
    if (moment.kind === 'start') {
      if (open === undefined) run.tools.set(moment.id, this.#startTool(run.span, moment))
      return
    }
    if (open === undefined) return
    run.tools.delete(moment.id)
    open.setAttributes({ 'outlast.tool.status': moment.status })
    if (moment.status === 'failed') fail(open, 'tool_failed')
    open.end(moment.at)
  }

  finished(task: TaskRecord): void {
    const span = this.#runs.get(task.id)?.span
    if (span === undefined) return
    span.setAttributes(endAttributes(task))
    const error = errorOf(task)
    if (error !== null) {
      const message = this.#errorMessages ? { message: error.message } : {}
      fail(span, error.code, message)
      span.recordException({ name: error.code, ...message })
    }
    this.#end(task.id)
  }

  /** The run is over, and its task has not finished here: another process goes on with it. */
  released(taskId: string): void {
    this.#runs.get(taskId)?.span.setAttributes({ 'outlast.task.status': 'released' })
    this.#end(taskId)
  }

  #end(taskId: string): void {
    const run = this.#runs.get(taskId)
    for (const tool of run?.tools.values() ?? []) tool.end()
    run?.span.end()
    this.#runs.delete(taskId)
  }

  #startTool(parent: TelemetrySpan, moment: Extract<ToolMoment, { kind: 'start' }>): TelemetrySpan {
    return this.#tracer.startSpan(
      `execute_tool ${moment.name}`,
      {
        startTime: moment.at,
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': moment.name,
          'gen_ai.tool.call.id': moment.id,
        },
      },
      this.#below(parent),
    )
  }

  /** A context in which new spans are below this one. */
  #below(span: TelemetrySpan): unknown {
    return this.#api.trace.setSpan(this.#api.context.active(), span)
  }
}

function fail(span: TelemetrySpan, type: string, message: { message?: string } = {}): void {
  span.setAttributes({ 'error.type': type })
  span.setStatus({ code: errorStatus, ...message })
}
