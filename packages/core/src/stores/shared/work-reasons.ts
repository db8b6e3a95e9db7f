import type { WorkItem } from '../../store/index.ts'

/** Why a task is listed as work, in the order of the answer. */
export const workReasons: readonly WorkItem['reason'][] = [
  'stopped_unowned',
  'expired',
  'expiring',
  'pending',
]
