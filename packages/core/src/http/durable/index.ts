export { DurableStream } from './durable-stream.ts'
export { type LogPosition, parseOffset } from './offset.ts'
export { streamCursor } from './stream-cursor.ts'
export { streamState } from './stream-state.ts'
