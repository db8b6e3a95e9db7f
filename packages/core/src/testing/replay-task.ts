import { type BlocksState, blockFold, type Fold } from '../blocks/index.ts'
import type { TaskEvent } from '../protocol/index.ts'
import type { ReadPage } from '../store/index.ts'

/**
 * Folds a task's log to what a reader has on the screen, to assert on it.
 *
 * @param log A page of `TaskManager.read` or of a store from the start on, or the events themselves from idx 0 on.
 * @returns the state of `blockFold`: `{ blocks, … }`
 * @throws Error if the log has a hole, or begins behind its cap without a snapshot of this fold.
 * @example
 * ```ts
 * const page = await manager.read(task.id, { from: 0, folds: [blockFold.name] })
 * expect(replayTask(page).blocks).toMatchObject([{ type: 'text', content: 'Hello' }])
 * ```
 */
export function replayTask(log: readonly TaskEvent[] | ReadPage): BlocksState
/**
 * Folds a task's log with another fold than `blockFold`.
 *
 * @param log As above.
 * @param fold The fold whose state is wanted; a snapshot in the log must be of it.
 * @throws Error if the log has a hole, or begins behind its cap without a snapshot of this fold.
 */
export function replayTask<State>(log: readonly TaskEvent[] | ReadPage, fold: Fold<State>): State
export function replayTask(
  log: readonly TaskEvent[] | ReadPage,
  fold: Fold<unknown> = blockFold as Fold<unknown>,
): unknown {
  const { start, at, events } = openLog(log, fold)
  for (const [position, { idx }] of events.entries()) {
    if (idx !== at + position)
      throw new Error(`The log has a hole: ${at + position} is missing before ${idx}.`)
  }
  return fold.reduce(start, events)
}

interface OpenLog {
  start: unknown
  at: number
  events: readonly TaskEvent[]
}

function openLog(log: readonly TaskEvent[] | ReadPage, fold: Fold<unknown>): OpenLog {
  if (!('snapshot' in log)) return { start: fold.initial, at: 0, events: log }
  const events = log.events.map((text) => JSON.parse(text) as TaskEvent)
  const { snapshot } = log
  if (snapshot === null) return { start: fold.initial, at: 0, events }
  if (snapshot.fold !== fold.name) {
    throw new Error(`The snapshot was made by ${snapshot.fold}, not by ${fold.name}.`)
  }
  return { start: JSON.parse(snapshot.state), at: snapshot.at, events }
}
