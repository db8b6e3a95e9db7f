export { backOff, backoffMs } from './backoff.ts'
export { pollLoop } from './poll-loop.ts'
export { polling } from './polling.ts'
export type { Turn } from './turn.ts'
