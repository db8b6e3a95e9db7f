import { TaskError } from '../errors.ts'
import type { StopInfo } from '../protocol/index.ts'
import { abortingPhases, nextPhase, type RunEvent, type RunPhase } from './run-phase.ts'
import type { StopFlag } from './stop-flags.ts'

/** Whose run it is, and what it is tied to. */
export type RunOwner = Pick<StopFlag, 'taskId' | 'userId' | 'lifetime'>

/** One run: its phase, and why its signal fired. */
export class RunState implements StopFlag {
  readonly taskId: string
  readonly userId: string
  readonly lifetime: RunOwner['lifetime']
  readonly #controller: AbortController = new AbortController()
  #phase: RunPhase = 'queued'
  #stop: StopInfo | null = null
  #cause: TaskError | null = null
  #tools = 0

  constructor(owner: RunOwner) {
    this.taskId = owner.taskId
    this.userId = owner.userId
    this.lifetime = owner.lifetime
  }

  get phase(): RunPhase {
    return this.#phase
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get stop(): StopInfo | null {
    return this.#stop
  }

  /** What ends the run when no stop does; the first cause counts. */
  get cause(): TaskError | null {
    return this.#cause
  }

  /** Takes note of a stored stop; the first request wins. */
  stopped(stop: StopInfo): void {
    this.#stop ??= stop
    this.apply(
      'stop',
      new TaskError('task_stopped', `The task was stopped: ${stop.reason}.`, { cause: stop }),
    )
  }

  /** A tool call has passed its gate. */
  toolStarted(): void {
    this.#tools++
    this.apply('tool_started')
  }

  /** A tool call is over, or was given up. */
  toolEnded(): void {
    this.#tools--
    if (this.#tools === 0) this.apply('tools_done')
  }

  /** Goes on to the next phase, and fires the signal with `cause` where that phase ends the run. */
  apply(event: RunEvent, cause: TaskError | null = null): void {
    const next = nextPhase(this.#phase, event)
    if (next === this.#phase) return
    this.#phase = next
    if (!abortingPhases.has(next)) return
    if (next !== 'stopping') this.#cause ??= cause
    // The reason of a signal stays the first one.
    this.#controller.abort(cause)
  }
}
