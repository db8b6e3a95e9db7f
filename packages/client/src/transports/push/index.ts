export { polling } from '../polling/index.ts'
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
} from '../transport.ts'
export { auto } from './auto.ts'
export type { WebSocketLike } from './shared-socket.ts'
export { sse } from './sse.ts'
export { type WebSocketTransportOptions, websocket } from './websocket.ts'
