import * as openTelemetry from '@opentelemetry/api'
import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, it } from 'vitest'
import { type TaskContext, TaskError, type TaskManager } from '../../src/index.ts'
import { instrumentTaskManager, type TaskTelemetry, type TelemetryOptions } from '../../src/otel/index.ts'
import { fired, managerFor, until } from '../support/test-manager.ts'

const shutdowns: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(shutdowns.splice(0).map((shutdown) => shutdown()))
})

interface Telemetry extends TaskTelemetry {
  spans(): readonly ReadableSpan[]
  /** Data points of a metric; none for a metric that has recorded nothing. */
  points(name: string): Promise<readonly DataPoint<unknown>[]>
  metrics(): Promise<readonly MetricData[]>
}

/** A manager's telemetry into the memory of the real SDK. */
function observe(manager: TaskManager, options: Pick<TelemetryOptions, 'errorMessages'> = {}): Telemetry {
  const spanExporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 3_600_000,
  })
  const meterProvider = new MeterProvider({ readers: [reader] })
  shutdowns.push(
    () => tracerProvider.shutdown(),
    () => meterProvider.shutdown(),
  )
  const telemetry = instrumentTaskManager(manager, openTelemetry, {
    tracer: tracerProvider.getTracer('test'),
    meter: meterProvider.getMeter('test'),
    ...options,
  })
  const metrics = async (): Promise<readonly MetricData[]> => {
    await meterProvider.forceFlush()
    return (
      metricExporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
    )
  }
  return {
    ...telemetry,
    spans: () => spanExporter.getFinishedSpans(),
    metrics,
    points: async (name) =>
      (await metrics()).find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [],
  }
}

/** Runs one task to its end, and to the end of what follows it. */
async function runOne(manager: TaskManager, act?: (taskId: string) => Promise<unknown>): Promise<string> {
  const ended = new Promise<void>((resolve) => {
    const stop = manager.on('run_ended', () => {
      stop()
      resolve()
    })
  })
  const task = await manager.create({ userId: 'secret-user', input: { text: 'secret-input' } })
  await act?.(task.id)
  await task.finished()
  await ended
  return task.id
}

const secretive = async ({ tool, emit }: TaskContext): Promise<string> => {
  emit('text_chunk', { content: 'secret-text "tool_start"' })
  await tool({ id: 'call-1', name: 'search', input: 'secret-argument' }, () => 'secret-tool-result')
  await tool({ id: 'call-2', name: 'write', intent: 'secret-intent' }, () => {
    throw new Error('secret-tool-error')
  })
  return 'secret-result'
}

describe('spans', () => {
  it('show a run and, below it, its tool calls', async () => {
    const manager = managerFor(secretive)
    const telemetry = observe(manager)
    const id = await runOne(manager)
    const [search, write, run] = telemetry.spans()
    expect(run).toMatchObject({
      name: 'run_task work',
      parentSpanContext: undefined,
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'outlast.task.id': id,
        'outlast.task.type': 'work',
        'outlast.task.attempt': 1,
        'outlast.task.status': 'succeeded',
        'outlast.task.queue.duration': expect.any(Number),
      },
    })
    expect(search).toMatchObject({
      name: 'execute_tool search',
      parentSpanContext: { spanId: run?.spanContext().spanId },
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'search',
        'gen_ai.tool.call.id': 'call-1',
        'outlast.tool.status': 'completed',
      },
    })
    expect(write).toMatchObject({
      name: 'execute_tool write',
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'outlast.tool.status': 'failed', 'error.type': 'tool_failed' },
    })
    expect(telemetry.spans()).toHaveLength(3)
  })

  it('hold the code of an error, and its sentence only when asked to', async () => {
    const fail = (): never => {
      throw new Error('secret-error')
    }
    const silent = managerFor(fail)
    const spans = observe(silent)
    await runOne(silent)
    expect(spans.spans()[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'outlast.task.status': 'failed', 'error.type': 'runner_error' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'runner_error' } }],
    })
    expect(JSON.stringify(spans.spans()[0]?.events)).not.toContain('secret')
    const talkative = managerFor(fail)
    const told = observe(talkative, { errorMessages: true })
    await runOne(talkative)
    expect(told.spans()[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'secret-error' },
      events: [{ attributes: { 'exception.message': 'secret-error' } }],
    })
  })

  it('call a stopped run canceled, and no error', async () => {
    const manager = managerFor(({ tool }) => tool({ id: 'a', name: 'wait' }, (signal) => fired(signal)))
    const telemetry = observe(manager)
    await runOne(manager, async (id) => {
      await until(
        async () => (await manager.read(id))?.events.some((text) => text.includes('tool_start')) ?? false,
      )
      await manager.cancel(id, { actor: 'u1', reason: 'secret-reason' })
    })
    const [tool, run] = telemetry.spans()
    expect(tool).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'outlast.tool.status': 'canceled' },
    })
    expect(run).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'outlast.task.status': 'canceled' },
    })
  })

  it('end with a run that another process goes on with', async () => {
    const manager = managerFor(() => 'done')
    const listeners = new Map<string, (...args: never[]) => void>()
    const telemetry = observe({
      on: (name: string, listener: (...args: never[]) => void) => {
        listeners.set(name, listener)
        return () => listeners.delete(name)
      },
    } as unknown as TaskManager)
    const tell = (name: string, ...args: unknown[]): void => listeners.get(name)?.(...(args as never[]))
    const task = await manager.get((await manager.create({ userId: 'u1', input: null })).id)
    tell('started', task)
    tell('events', task?.id, [
      '{"idx":0,"type":"tool_start","data":{"id":"a","name":"search"},"ts":1700000000}',
    ])
    tell('run_ended', task?.id)
    expect(telemetry.spans().map(({ name }) => name)).toEqual(['execute_tool search', 'run_task work'])
    expect(telemetry.spans()[1]?.attributes['outlast.task.status']).toBe('released')
    expect((await telemetry.points('outlast.task.active'))[0]?.value).toBe(0)
    expect(await telemetry.points('outlast.task.duration')).toEqual([])
  })

  it('are above what a runner traces within them', async () => {
    const manager = managerFor(async ({ taskId }) => {
      await Promise.resolve()
      telemetry.withinSpan(taskId, () => seen.push(trace.getSpan(context.active())))
    })
    const telemetry = observe(manager)
    const seen: unknown[] = []
    const stack = [ROOT_CONTEXT]
    context.setGlobalContextManager({
      active: () => stack.at(-1) ?? ROOT_CONTEXT,
      with: (inner, work, thisArg, ...args) => {
        stack.push(inner)
        try {
          return work.apply(thisArg, args)
        } finally {
          stack.pop()
        }
      },
      bind: (_context, target) => target,
      enable() {
        return this
      },
      disable() {
        return this
      },
    })
    try {
      await runOne(manager)
      expect(seen).toEqual([telemetry.spans()[0]])
      expect(telemetry.withinSpan('no-such-task', () => trace.getSpan(context.active()))).toBe(undefined)
    } finally {
      context.disable()
    }
  })
})

describe('metrics', () => {
  it('count tasks, events and what runs, and measure runs, waits and tools', async () => {
    let letGo = (): void => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const manager = managerFor(async (run) => {
      await held
      return secretive(run)
    })
    const telemetry = observe(manager)
    const id = await runOne(manager, async () => {
      await until(async () => (await telemetry.points('outlast.task.active'))[0]?.value === 1)
      letGo()
    })
    const type = { 'outlast.task.type': 'work' }
    const succeeded = { ...type, 'outlast.task.status': 'succeeded' }
    expect(await telemetry.points('outlast.task.created')).toMatchObject([{ value: 1, attributes: type }])
    expect(await telemetry.points('outlast.task.finished')).toMatchObject([
      { value: 1, attributes: succeeded },
    ])
    expect(await telemetry.points('outlast.task.active')).toMatchObject([{ value: 0, attributes: type }])
    const written = (await manager.get(id))?.nextIdx
    expect(await telemetry.points('outlast.event.written')).toMatchObject([
      { value: written, attributes: type },
    ])
    expect(await telemetry.points('outlast.task.duration')).toMatchObject([
      { value: { count: 1 }, attributes: succeeded },
    ])
    expect(await telemetry.points('outlast.task.queue.duration')).toMatchObject([{ value: { count: 1 } }])
    expect(await telemetry.points('outlast.tool.duration')).toMatchObject([
      {
        value: { count: 1 },
        attributes: { ...type, 'gen_ai.tool.name': 'search', 'outlast.tool.status': 'completed' },
      },
      { attributes: { 'gen_ai.tool.name': 'write', 'error.type': 'tool_failed' } },
    ])
  })

  it('measure in seconds, by the times of the records', async () => {
    const manager = managerFor(({ signal }) => fired(signal))
    const telemetry = observe(manager)
    const id = await runOne(manager, async (taskId) => {
      await until(async () => (await manager.get(taskId))?.status === 'running')
      await manager.cancel(taskId, { actor: 'u1' })
    })
    const { startedAt, finishedAt } = (await manager.get(id)) ?? {}
    const [point] = await telemetry.points('outlast.task.duration')
    expect(point?.value).toMatchObject({ sum: (Number(finishedAt) - Number(startedAt)) / 1_000 })
  })

  it('count a task that ended without a run', async () => {
    const manager = managerFor(({ signal }) => fired(signal), { concurrency: 1 })
    await manager.create({ userId: 'u1', input: null })
    await until(async () => (await manager.stats()).queued === 0)
    const telemetry = observe(manager)
    const waiting = await manager.create({ userId: 'u2', input: null })
    await waiting.cancel()
    expect(await telemetry.points('outlast.task.finished')).toMatchObject([
      { value: 1, attributes: { 'outlast.task.status': 'canceled' } },
    ])
    expect(await telemetry.points('outlast.task.duration')).toEqual([])
    expect(telemetry.spans()).toEqual([])
  })
})

describe('telemetry', () => {
  it('holds nothing that users, models or tools wrote', async () => {
    const manager = managerFor(async (run) => {
      await secretive(run)
      throw new TaskError('runner_error', 'secret-failure')
    })
    const telemetry = observe(manager)
    await runOne(manager)
    const all = [
      telemetry.spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
      await telemetry.metrics(),
    ]
    expect(JSON.stringify(all)).toContain('runner_error')
    expect(JSON.stringify(all)).not.toContain('secret')
  })

  it('ends when it is stopped, and what then happens is not told', async () => {
    const manager = managerFor(() => 'done')
    const telemetry = observe(manager)
    telemetry.stop()
    await runOne(manager)
    expect(telemetry.spans()).toEqual([])
    expect(await telemetry.points('outlast.task.created')).toEqual([])
  })

  it('goes to the global tracer and meter by default, which may be none', async () => {
    const manager = managerFor(secretive)
    const telemetry = instrumentTaskManager(manager, openTelemetry)
    await runOne(manager)
    telemetry.stop()
  })
})
