import type { StoredTask } from './stored-task.ts'

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
    this.#slots.get(scope)?.queue.push(task)
  }

  /** Takes a task that will never run out of the queue, so that a promotion is not wasted on it. */
  dequeue(task: StoredTask): void {
    const { scope } = task.record
    const queue = scope === null ? undefined : this.#slots.get(scope)?.queue
    const position = queue?.indexOf(task) ?? -1
    if (position >= 0) queue?.splice(position, 1)
  }

  /** Frees the slot of a task that ends; answers the one that holds it now, if another was waiting. */
  leave(task: StoredTask): StoredTask | null {
    const { scope } = task.record
    if (scope === null) return null
    const slot = this.#slots.get(scope)
    if (slot === undefined || slot.holder !== task) {
      this.dequeue(task)
      return null
    }
    slot.holder = slot.queue.shift() ?? null
    if (slot.holder === null) this.#slots.delete(scope)
    return slot.holder
  }
}
