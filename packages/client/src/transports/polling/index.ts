export { backoffMs } from './backoff.ts'
export { type PollLoopOptions, pollLoop } from './poll-loop.ts'
