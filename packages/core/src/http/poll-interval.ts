import { defaults } from '../defaults.ts'
import { isFinalStatus } from '../protocol/index.ts'
import type { TaskRecord } from '../store/index.ts'

/** A model pauses between its tokens; a log that moved within this many milliseconds still flows. */
const flowingMs = 1_000

/** Milliseconds that a poller should wait: short while the log flows, easing to the quiet interval when it rests. */
export function pollInterval(task: TaskRecord, now: number): number {
  if (isFinalStatus(task.status)) return defaults.pollQuietMs
  const rested = Math.max(0, now - task.updatedAt - flowingMs)
  return Math.min(defaults.pollActiveMs + rested, defaults.pollQuietMs)
}
