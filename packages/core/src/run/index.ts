export { StopFlags } from './stop-flags.ts'
export { TaskLeases } from './task-lease.ts'
export { type RunLimits, TaskRunner } from './task-runner.ts'
