export { StopFlags } from './stop-flags.ts'
export { TaskLeases } from './task-lease.ts'
export { type RunLimits, TaskRunner } from './task-runner.ts'
export { type SeenLease, WorkSweep } from './work-sweep.ts'
