import type { StopInfo } from '../protocol/index.ts'
import { type RunOwner, RunState } from './run-state.ts'
import type { StopFlag, StopFlags } from './stop-flags.ts'

/** The states of the runs of this process, by task. */
export class RunStates implements StopFlags {
  readonly #states: Map<string, RunState> = new Map()

  /** Opens the state of a task that this process has in hand. */
  open(owner: RunOwner): RunState {
    const state = new RunState(owner)
    this.#states.set(owner.taskId, state)
    return state
  }

  ofTask(taskId: string): StopFlag | null {
    return this.#states.get(taskId) ?? null
  }

  ofUser(userId: string): readonly StopFlag[] {
    return [...this.#states.values()].filter((state) => state.userId === userId)
  }

  ofConnection(userId: string): readonly StopFlag[] {
    return this.ofUser(userId).filter(({ lifetime }) => lifetime === 'connection')
  }

  /** Raises the flag for an accepted stop request, if the task runs here. */
  stop(taskId: string, stop: StopInfo): void {
    this.#states.get(taskId)?.stopped(stop)
  }

  /** Closes the state when the run is over. */
  close(taskId: string): void {
    this.#states.delete(taskId)
  }
}
