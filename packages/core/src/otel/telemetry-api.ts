/** Values that telemetry attributes take. */
export type TelemetryAttributes = Record<string, string | number | boolean>

/** A span, as far as it is used here; OpenTelemetry's `Span` is one. Times are milliseconds since 1970. */
export interface TelemetrySpan {
  setAttributes(attributes: TelemetryAttributes): unknown
  setStatus(status: { code: number; message?: string }): unknown
  recordException(exception: { name: string; message?: string }): void
  end(endTime?: number): void
}

/** Starts spans; OpenTelemetry's `Tracer` is one. */
export interface TelemetryTracer {
  startSpan(
    name: string,
    options?: { root?: boolean; startTime?: number; attributes?: TelemetryAttributes },
    context?: unknown,
  ): TelemetrySpan
}

/** Options of an instrument. */
export interface TelemetryInstrumentOptions {
  description?: string
  unit?: string
  advice?: { explicitBucketBoundaries?: number[] }
}

/** A counter or an up-down counter. */
export interface TelemetryCounter {
  add(value: number, attributes?: TelemetryAttributes): void
}

/** A histogram. */
export interface TelemetryHistogram {
  record(value: number, attributes?: TelemetryAttributes): void
}

/** What is used of the module `@opentelemetry/api`, which the caller brings. Contexts are its own, and opaque here. */
export interface TelemetryApi {
  trace: {
    getTracer(name: string): TelemetryTracer
    setSpan(context: unknown, span: TelemetrySpan): unknown
  }
  metrics: { getMeter(name: string): TelemetryMeter }
  context: {
    active(): unknown
    with<Value>(context: unknown, work: () => Value): Value
  }
}

/** Makes instruments; OpenTelemetry's `Meter` is one. */
export interface TelemetryMeter {
  createCounter(name: string, options?: TelemetryInstrumentOptions): TelemetryCounter
  createUpDownCounter(name: string, options?: TelemetryInstrumentOptions): TelemetryCounter
  createHistogram(name: string, options?: TelemetryInstrumentOptions): TelemetryHistogram
}
