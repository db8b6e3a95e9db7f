export {
  instrumentTaskManager,
  type TaskTelemetry,
  type TelemetryOptions,
} from './instrument-task-manager.ts'
export type {
  TelemetryApi,
  TelemetryAttributes,
  TelemetryCounter,
  TelemetryHistogram,
  TelemetryInstrumentOptions,
  TelemetryMeter,
  TelemetrySpan,
  TelemetryTracer,
} from './telemetry-api.ts'
