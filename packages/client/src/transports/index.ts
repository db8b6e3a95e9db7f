export { backoffMs, pollLoop } from './polling/index.ts'
export type {
  AppliedPage,
  Connection,
  Cursor,
  Transport,
  TransportFactory,
  TransportSink,
} from './transport.ts'
