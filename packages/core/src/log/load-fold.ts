import type { Fold } from '../blocks/index.ts'
import type { TaskEvent } from '../protocol/index.ts'
import type { EventQuery, ReadPage, TaskRecord } from '../store/index.ts'
import type { FoldStart } from './snapshot-plan.ts'

/**
 * Rebuilds the fold of a log that somebody else has begun, from its snapshot and the events behind it.
 *
 * @returns `null` when the history is lost: trimmed without a snapshot of this fold.
 */
export async function loadFold(
  task: TaskRecord,
  fold: Fold | null,
  read: (query: EventQuery) => Promise<ReadPage | null>,
): Promise<FoldStart | null> {
  if (fold === null) return null
  if (task.nextIdx === 0) return { state: fold.initial, at: 0 }
  const everything = Number.MAX_SAFE_INTEGER
  const page = await read({
    from: 0,
    limit: everything,
    maxBytes: everything,
    folds: [fold.name],
  })
  if (page === null) return null
  const { snapshot } = page
  if (page.from > (snapshot?.at ?? 0)) return null
  const events = page.events.map((text) => JSON.parse(text) as TaskEvent)
  const start: unknown = snapshot === null ? fold.initial : JSON.parse(snapshot.state)
  return { state: fold.reduce(start, events), at: page.from + events.length }
}
