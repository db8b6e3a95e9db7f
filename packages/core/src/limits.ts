import { checkedNumbers } from './checked-numbers.ts'
import { defaults } from './defaults.ts'
import { TaskError } from './errors.ts'
import type { RunLimits } from './run/index.ts'

/** Bounds and times that a manager may be given; each default is in `defaults.ts`. Milliseconds, bytes, events. */
export interface TaskLimits extends RunLimits {
  /** Lease renewal. */
  renewMs: number
  /** Search for lost dispatches and dead owners. */
  sweepMs: number
  /** How long a user may be without a connection before tasks that are tied to one are stopped. */
  reconnectGraceMs: number
  /** Check for stop requests that came through other processes. */
  stopCheckMs: number
}

/** Looks that are not a while apart would be all that the process does. */
const intervals = { leaseMs: 1, renewMs: 1, stopCheckMs: 1, sweepMs: 1 }

/** Fills in the defaults and refuses what could not work. */
export function resolveLimits(given: Partial<TaskLimits> = {}): TaskLimits {
  const known: Record<keyof TaskLimits, number> = {
    maxEvents: defaults.maxEvents,
    maxBytes: defaults.maxLogBytes,
    maxEventBytes: defaults.maxEventBytes,
    softBufferBytes: defaults.softBufferBytes,
    hardBufferBytes: defaults.hardBufferBytes,
    maxBufferedBytes: defaults.maxBufferedBytes,
    leaseMs: defaults.leaseMs,
    renewMs: defaults.renewMs,
    stopCheckMs: defaults.stopCheckMs,
    sweepMs: defaults.sweepMs,
    reconnectGraceMs: defaults.reconnectGraceMs,
    progressMs: defaults.progressMs,
    toolGraceMs: defaults.toolGraceMs,
    runGraceMs: defaults.runGraceMs,
  }
  const limits: TaskLimits = checkedNumbers('limit', known, given, { least: intervals, finite: true })
  const wrong = [
    limits.maxEvents < 1 && 'maxEvents must be at least 1',
    limits.maxEventBytes < 8_192 && 'maxEventBytes must be at least 8192: the terminal event needs the room',
    limits.maxBytes < limits.maxEventBytes && 'maxBytes must hold at least one event of maxEventBytes',
    limits.hardBufferBytes < limits.maxEventBytes && 'hardBufferBytes must hold at least one event',
    limits.maxBufferedBytes < limits.maxEventBytes && 'maxBufferedBytes must hold at least one event',
    limits.renewMs * 2 > limits.leaseMs &&
      'renewMs must fit into leaseMs twice, so that one renewal may fail',
  ].find((sentence) => typeof sentence === 'string')
  if (wrong) throw new TaskError('invalid_definition', `${wrong}.`)
  return limits
}
