import { isFinalStatus } from '../../protocol/index.ts'
import type { Signal, TaskStore } from '../../store/index.ts'
import type { MemoryState } from './memory-state.ts'
import { currentLease, type StoredTask, touch } from './stored-task.ts'

const noSignals: readonly Signal[] = Object.freeze([])

/** What is handed to the owner with every answer. */
export function unsettledSignals(task: StoredTask): readonly Signal[] {
  return task.unsettled.length === 0 ? noSignals : [...task.unsettled]
}

/** Takes note that the effect of these signals is in the log. The keys stay, but for a canceled call: it may be made again. */
export function settleSignals(task: StoredTask, keys: readonly Signal['key'][]): void {
  if (task.unsettled.length === 0) return
  for (const { kind, key } of task.unsettled) {
    if (kind === 'cancel_tool' && keys.includes(key)) task.signals?.delete(key)
  }
  task.unsettled = task.unsettled.filter(({ key }) => !keys.includes(key))
}

/** Stores a signal of a task that is not final, unless its key was written before; answers whether it did. */
export function storeSignal(state: MemoryState, task: StoredTask, signal: Signal, now: number): boolean {
  task.signals ??= new Set()
  if (task.signals.has(signal.key)) return false
  task.signals.add(signal.key)
  task.unsettled.push(Object.freeze({ ...signal }))
  if (signal.kind === 'stop') {
    task.record.stop = Object.freeze({ reason: signal.reason, actor: signal.actor, at: now / 1_000 })
    state.tasks.setStatus(task, 'cancel_requested')
    state.slots.dequeue(task, now)
    touch(task, now)
  }
  return true
}

/** {@link TaskStore.signal} */
export function sendSignal(
  state: MemoryState,
  id: string,
  signal: Signal,
): Awaited<ReturnType<TaskStore['signal']>> {
  const task = state.tasks.get(id)
  if (task === undefined) return { outcome: 'not_found', owned: false }
  if (isFinalStatus(task.record.status)) {
    return { outcome: 'finished', owned: false, status: task.record.status }
  }
  const stored = storeSignal(state, task, signal, state.now())
  // An expired lease still counts as an owner: only who has watched it expire may take the task over.
  const owned = currentLease(task) !== null
  return { outcome: stored ? 'accepted' : 'already', owned, status: task.record.status }
}
