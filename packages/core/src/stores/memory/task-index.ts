import { isFinalStatus, type TaskStatus } from '../../protocol/index.ts'
import type { StoredTask } from './stored-task.ts'
import { UserTasks } from './user-tasks.ts'

/** Every task by id, and the indexes that spare the other questions a walk over all of them. */
export class TaskIndex {
  readonly #byId: Map<string, StoredTask> = new Map()
  readonly #byUser: Map<string, UserTasks> = new Map()
  readonly #active: Set<StoredTask> = new Set()
  /** In the order in which they finished. */
  readonly #finished: Set<StoredTask> = new Set()
  readonly #counts: Record<TaskStatus, number> = {
    pending: 0,
    running: 0,
    cancel_requested: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
  }

  get(id: string): StoredTask | undefined {
    return this.#byId.get(id)
  }

  /** A user's tasks, or `undefined` when there are none. */
  ofUser(userId: string): UserTasks | undefined {
    return this.#byUser.get(userId)
  }

  /** Each user's tasks. */
  users(): Iterable<UserTasks> {
    return this.#byUser.values()
  }

  /** Tasks that are not final, oldest first. */
  active(): Iterable<StoredTask> {
    return this.#active
  }

  /** Final tasks, in the order in which they ended. */
  finished(): Iterable<StoredTask> {
    return this.#finished
  }

  counts(): Record<TaskStatus, number> {
    return { ...this.#counts }
  }

  add(task: StoredTask): void {
    const { id, userId, status } = task.record
    this.#byId.set(id, task)
    const own = this.#byUser.get(userId) ?? new UserTasks()
    this.#byUser.set(userId, own)
    own.add(task)
    this.#active.add(task)
    this.#counts[status]++
  }

  setStatus(task: StoredTask, status: TaskStatus): void {
    this.#counts[task.record.status]--
    this.#counts[status]++
    task.record.status = status
    if (!isFinalStatus(status)) return
    this.#active.delete(task)
    this.#finished.add(task)
  }

  /** Removes a final task. */
  remove(task: StoredTask): void {
    const { id, userId, status } = task.record
    this.#byId.delete(id)
    this.#finished.delete(task)
    this.#counts[status]--
    const own = this.#byUser.get(userId)
    own?.remove(task)
    if (own?.size === 0) this.#byUser.delete(userId)
  }
}
