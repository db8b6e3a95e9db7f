export { backOff, polling, pollLoop } from './polling/index.ts'
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
