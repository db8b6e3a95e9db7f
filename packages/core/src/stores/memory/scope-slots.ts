import { type StoredTask, touch } from './stored-task.ts'

interface Slot {
  holder: StoredTask | null
  /** Pending tasks in the order of their promotion. */
  queue: StoredTask[]
}

/** Who holds each scope's slot and who waits for it. Tasks without a scope never come here. */
export class ScopeSlots {
  readonly #slots: Map<string, Slot> = new Map()

  /** The task that holds the slot. */
  holder(scope: string): StoredTask | null {
    return this.#slots.get(scope)?.holder ?? null
  }

  /** The tasks that wait, next one first. */
  queued(scope: string): readonly StoredTask[] {
    return this.#slots.get(scope)?.queue ?? []
  }

  /** Gives a free slot to a task. */
  hold(scope: string, task: StoredTask): void {
    this.#slots.set(scope, { holder: task, queue: [] })
  }

  /** Lets a task wait behind the others for a slot that is held. */
  enqueue(scope: string, task: StoredTask): void {
    task.record.queuePosition = this.#slots.get(scope)?.queue.push(task) ?? null
  }

  /** Takes a task out of the queue: it is promoted, or will never run, and no promotion must be wasted on it. */
  dequeue(task: StoredTask, now: number): void {
    const { scope, queuePosition } = task.record
    const queue = scope === null ? undefined : this.#slots.get(scope)?.queue
    if (queue === undefined || queuePosition === null) return
    queue.splice(queuePosition - 1, 1)
    task.record.queuePosition = null
    for (const behind of queue.slice(queuePosition - 1)) moveUp(behind, now)
  }

  /** Frees the slot of a task that ends; answers the one that holds it now, if another was waiting. */
  leave(task: StoredTask, now: number): StoredTask | null {
    const { scope } = task.record
    if (scope === null) return null
    const slot = this.#slots.get(scope)
    if (slot === undefined || slot.holder !== task) {
      this.dequeue(task, now)
      return null
    }
    const next = slot.queue[0] ?? null
    if (next === null) this.#slots.delete(scope)
    else this.dequeue(next, now)
    slot.holder = next
    return next
  }
}

/** Kept in the record, so that a read of it costs nothing; the move is a change that readers wait for. */
function moveUp(task: StoredTask, now: number): void {
  if (task.record.queuePosition === null) return
  task.record.queuePosition--
  touch(task, now)
}
