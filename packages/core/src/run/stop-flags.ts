import { TaskError } from '../errors.ts'
import type { StopInfo } from '../protocol/index.ts'

interface Flag {
  controller: AbortController
  stop: StopInfo | null
}

/**
 * Turns stored stop requests into `AbortSignal`s for the tasks that run in this process. A flag lives as long as its
 * run: it can never reach the user's next task.
 */
export class StopFlags {
  readonly #flags: Map<string, Flag> = new Map()

  /** Opens the flag of a task that is about to run here. */
  open(taskId: string): AbortSignal {
    const flag: Flag = { controller: new AbortController(), stop: null }
    this.#flags.set(taskId, flag)
    return flag.controller.signal
  }

  /**
   * Raises the flag for an accepted stop request; the first request wins.
   *
   * @returns whether the task runs here.
   */
  raise(taskId: string, stop: StopInfo): boolean {
    const flag = this.#flags.get(taskId)
    if (flag === undefined) return false
    if (flag.stop === null) {
      flag.stop = stop
      flag.controller.abort(
        new TaskError('task_stopped', `The task was stopped: ${stop.reason}.`, { cause: stop }),
      )
    }
    return true
  }

  /** Fires the signal for a cause that is no stop request: a lost lease, a full buffer. */
  abort(taskId: string, reason: TaskError): void {
    this.#flags.get(taskId)?.controller.abort(reason)
  }

  /** The stop request of a task that runs here, if one was accepted. */
  stopOf(taskId: string): StopInfo | null {
    return this.#flags.get(taskId)?.stop ?? null
  }

  /** Closes the flag when the run is over. */
  close(taskId: string): void {
    this.#flags.delete(taskId)
  }
}
