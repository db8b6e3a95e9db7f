export { backoffMs } from './backoff.ts'
export { pollLoop } from './poll-loop.ts'
