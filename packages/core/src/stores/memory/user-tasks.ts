import type { ListPosition } from '../shared/list-cursor.ts'
import type { StoredTask } from './stored-task.ts'

/** Negative when `a` is older than `b`; ids decide between tasks of the same millisecond. */
function compare(a: ListPosition, b: ListPosition): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/** One user's tasks, sorted by (createdAt, id), so that a page of a list reads little more than the page. */
export class UserTasks {
  #oldestFirst: StoredTask[] = []

  get size(): number {
    return this.#oldestFirst.length
  }

  add(task: StoredTask): void {
    const last = this.#oldestFirst.at(-1)
    if (last === undefined || compare(last.record, task.record) < 0) this.#oldestFirst.push(task)
    else this.#oldestFirst.splice(this.#countBelow(task.record), 0, task)
  }

  remove(task: StoredTask): void {
    const position = this.#countBelow(task.record)
    if (this.#oldestFirst[position] === task) this.#oldestFirst.splice(position, 1)
  }

  /** Newest first; with `before`, only what stands behind that place, whether a task is still there or not. */
  *newestFirst(before?: ListPosition): Generator<StoredTask> {
    let position = before === undefined ? this.#oldestFirst.length : this.#countBelow(before)
    while (position-- > 0) {
      const task = this.#oldestFirst[position]
      if (task !== undefined) yield task
    }
  }

  /** How many tasks are older than a place. */
  #countBelow(place: ListPosition): number {
    let low = 0
    let high = this.#oldestFirst.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const task = this.#oldestFirst[middle]
      if (task !== undefined && compare(task.record, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
