import type { EventPage } from '../protocol/index.ts'
import type { TaskRecord } from '../store/index.ts'
import { toTaskInfo } from './to-task-info.ts'

/** What a page says of its task that stays as it is until the task's revision changes. */
type SettledFields = Omit<EventPage, MovingField>

/** What depends on the clock, or on who asks for what. */
type MovingField =
  | 'elapsed_ms'
  | 'next_offset'
  | 'up_to_date'
  | 'truncated'
  | 'poll_interval_ms'
  | 'viewer'
  | 'snapshot'
  | 'events'

/** The JSON text of the fields of a task's pages that are settled by its revision: an object whose end is left open. */
export type SettledJson = (task: TaskRecord) => string

interface Remembered {
  readonly epoch: string
  readonly revision: number
  readonly json: string
}

/** A task is polled by several tabs several times a second; this many are remembered before the memory starts anew. */
const maxRemembered = 1_000

/** A long result is made again when it is asked for: 1,000 of these texts are some 4 MB. */
const maxLength = 4_096

/** Makes the texts, and remembers those of the tasks that were asked for last. */
export function settledJsonOf(): SettledJson {
  const remembered = new Map<string, Remembered>()
  return (task) => {
    const { id, epoch, revision } = task
    const known = remembered.get(id)
    if (known?.revision === revision && known.epoch === epoch) return known.json
    const json = JSON.stringify(settledFields(task)).slice(0, -1)
    if (json.length > maxLength) remembered.delete(id)
    else {
      if (remembered.size >= maxRemembered && known === undefined) remembered.clear()
      remembered.set(id, { epoch, revision, json })
    }
    return json
  }
}

function settledFields(task: TaskRecord): SettledFields {
  const { elapsed_ms: _moving, ...settled } = toTaskInfo(task, 0)
  return { ...settled, first_idx: task.firstIdx, epoch: task.epoch }
}
