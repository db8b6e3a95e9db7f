import type { TaskRecord } from '../store/index.ts'
import { endAttributes, queueSeconds } from './attributes.ts'
import type {
  TelemetryAttributes,
  TelemetryCounter,
  TelemetryHistogram,
  TelemetryMeter,
} from './telemetry-api.ts'
import type { ToolMoment } from './tool-moments.ts'

interface Run {
  /** Milliseconds since 1970 by the store's clock, as all times of a record. */
  since: number
  type: TelemetryAttributes
  tools: Map<string, { name: string; at: number }>
}

/** A tool takes milliseconds, a batch hours. */
const secondsBuckets = [
  0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400,
]

/** Counts and durations of the tasks of this process. */
export class TaskMetrics {
  readonly #created: TelemetryCounter
  readonly #finished: TelemetryCounter
  readonly #active: TelemetryCounter
  readonly #events: TelemetryCounter
  readonly #duration: TelemetryHistogram
  readonly #queueDuration: TelemetryHistogram
  readonly #toolDuration: TelemetryHistogram
  readonly #runs: Map<string, Run> = new Map()

  constructor(meter: TelemetryMeter) {
    const counter = (description: string, unit: string) => ({ description, unit })
    const seconds = (description: string) => ({
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: secondsBuckets },
    })
    this.#created = meter.createCounter('outlast.task.created', counter('Tasks created', '{task}'))
    this.#finished = meter.createCounter('outlast.task.finished', counter('Tasks that ended', '{task}'))
    this.#active = meter.createUpDownCounter('outlast.task.active', counter('Tasks that run now', '{task}'))
    this.#events = meter.createCounter('outlast.event.written', counter('Events stored', '{event}'))
    this.#duration = meter.createHistogram('outlast.task.duration', seconds('Duration of runs'))
    this.#queueDuration = meter.createHistogram(
      'outlast.task.queue.duration',
      seconds('Wait of tasks between create and first run'),
    )
    this.#toolDuration = meter.createHistogram('outlast.tool.duration', seconds('Duration of tool calls'))
  }

  created({ type }: TaskRecord): void {
    this.#created.add(1, typeOf(type))
  }

  started(task: TaskRecord): void {
    this.released(task.id)
    const type = typeOf(task.type)
    this.#runs.set(task.id, { since: task.updatedAt, type, tools: new Map() })
    this.#active.add(1, type)
    const queued = queueSeconds(task)
    if (queued !== null) this.#queueDuration.record(queued, type)
  }

  events(taskId: string, count: number): void {
    this.#events.add(count, this.#runs.get(taskId)?.type ?? {})
  }

  tool(taskId: string, moment: ToolMoment): void {
    const run = this.#runs.get(taskId)
    if (run === undefined) return
    const call = run.tools.get(moment.id)
    if (moment.kind === 'start') {
      if (call === undefined) run.tools.set(moment.id, moment)
      return
    }
    if (call === undefined) return
    run.tools.delete(moment.id)
    this.#toolDuration.record(Math.max(0, moment.at - call.at) / 1_000, {
      ...run.type,
      'gen_ai.tool.name': call.name,
      'outlast.tool.status': moment.status,
      ...(moment.status === 'failed' && { 'error.type': 'tool_failed' }),
    })
  }

  finished(task: TaskRecord): void {
    const attributes = endAttributes(task)
    this.#finished.add(1, attributes)
    const run = this.#runs.get(task.id)
    if (run === undefined) return
    const endedAt = task.finishedAt ?? task.updatedAt
    this.#duration.record(Math.max(0, endedAt - run.since) / 1_000, attributes)
    this.released(task.id)
  }

  /** Nothing of the task runs here any more. */
  released(taskId: string): void {
    const run = this.#runs.get(taskId)
    if (run === undefined) return
    this.#runs.delete(taskId)
    this.#active.add(-1, run.type)
  }
}

function typeOf(type: string): TelemetryAttributes {
  return { 'outlast.task.type': type }
}
