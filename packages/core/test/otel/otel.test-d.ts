import * as openTelemetry from '@opentelemetry/api'
import { TaskManager } from '@outlast/core'
import {
  instrumentTaskManager,
  type TaskTelemetry,
  type TelemetryApi,
  type TelemetryAttributes,
  type TelemetryMeter,
  type TelemetrySpan,
  type TelemetryTracer,
} from '@outlast/core/otel'
import { expectTypeOf, test } from 'vitest'

const manager = new TaskManager({ tasks: [] })

test('OpenTelemetry’s own pieces are those that are asked for', () => {
  expectTypeOf<typeof openTelemetry>().toExtend<TelemetryApi>()
  expectTypeOf<openTelemetry.Tracer>().toExtend<TelemetryTracer>()
  expectTypeOf<openTelemetry.Meter>().toExtend<TelemetryMeter>()
  expectTypeOf<openTelemetry.Span>().toExtend<TelemetrySpan>()
  // What is handed to them is theirs too.
  expectTypeOf<TelemetryAttributes>().toExtend<openTelemetry.Attributes>()
})

test('telemetry needs a manager and the module, and may be given more', () => {
  expectTypeOf(instrumentTaskManager(manager, openTelemetry)).toEqualTypeOf<TaskTelemetry>()
  instrumentTaskManager(manager, openTelemetry, {
    tracer: openTelemetry.trace.getTracer('mine'),
    meter: openTelemetry.metrics.getMeter('mine'),
    errorMessages: true,
  })
  // @ts-expect-error the module is the caller's to bring
  instrumentTaskManager(manager)
  // @ts-expect-error a tracer is no module
  instrumentTaskManager(manager, openTelemetry.trace.getTracer('mine'))
})

test('work within a span keeps its answer', async () => {
  const telemetry = {} as TaskTelemetry
  expectTypeOf(telemetry.withinSpan('t1', () => 3)).toEqualTypeOf<number>()
  expectTypeOf(telemetry.withinSpan('t1', async () => 'x')).toEqualTypeOf<Promise<string>>()
  expectTypeOf(telemetry.stop).toEqualTypeOf<() => void>()
})
