export { pageReader } from './page-reader.ts'
export { backOff, polling, pollLoop, type Turn } from './polling/index.ts'
export type {
  AppliedPage,
  ClientTransport,
  Connection,
  Cursor,
  StepDownReason,
  Transport,
  TransportContext,
  TransportFactory,
  TransportInfo,
  TransportSink,
} from './transport.ts'
