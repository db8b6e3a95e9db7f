import type { RandomIds } from '../shared/random-ids.ts'
import type { IdempotencyKeys } from './idempotency-keys.ts'
import type { RunDurations } from './run-durations.ts'
import type { ScopeSlots } from './scope-slots.ts'
import type { TaskIndex } from './task-index.ts'

/** All that one store holds. Every method works on it without awaiting anything, which makes it one atomic step. */
export interface MemoryState {
  readonly now: () => number
  readonly ids: RandomIds
  readonly tasks: TaskIndex
  readonly slots: ScopeSlots
  readonly keys: IdempotencyKeys
  readonly durations: RunDurations
}
