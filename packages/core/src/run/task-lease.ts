import type { Clock } from '../clock.ts'
import type { LeaseToken, Signal, TaskStore } from '../store/index.ts'
import type { ErrorReporter } from '../store-retry.ts'

/** What the holder of a lease wants to know. */
export interface LeaseHolder {
  token: LeaseToken
  /** Called with signals that the store has for the task; the same ones may come again. */
  onSignals(signals: readonly Signal[]): void
  /** Somebody else holds the lease now: nothing that this process writes will be accepted. */
  onLost(): void
}

/** Intervals of the check, in milliseconds. */
export interface LeaseTimes {
  leaseMs: number
  renewMs: number
  stopCheckMs: number
}

/**
 * Keeps the leases of the tasks that run in this process: one timer for all of them, which asks for signals every
 * second and renews every third time. A store that does not answer leaves the state unknown: nothing is aborted, and
 * the next tick asks again.
 */
export class TaskLeases {
  readonly #held: Map<string, LeaseHolder> = new Map()
  readonly #store: TaskStore
  readonly #clock: Clock
  readonly #times: LeaseTimes
  readonly #onError: ErrorReporter
  #cancelTick: (() => void) | null = null
  readonly #tickMs: number
  #checking = false
  #renewedAt = 0

  constructor(store: TaskStore, clock: Clock, times: LeaseTimes, onError: ErrorReporter) {
    this.#store = store
    this.#clock = clock
    this.#times = times
    // However rarely stops are looked for, a lease has to be renewed in time.
    this.#tickMs = Math.min(times.stopCheckMs, times.renewMs)
    this.#onError = onError
  }

  hold(taskId: string, holder: LeaseHolder): void {
    if (this.#held.size === 0) this.#renewedAt = this.#clock.now()
    this.#held.set(taskId, holder)
    this.#scheduleTick()
  }

  drop(taskId: string): void {
    this.#held.delete(taskId)
    if (this.#held.size > 0) return
    this.#cancelTick?.()
    this.#cancelTick = null
  }

  #scheduleTick(): void {
    if (this.#cancelTick !== null || this.#held.size === 0) return
    this.#cancelTick = this.#clock.schedule(() => {
      this.#cancelTick = null
      void this.check().finally(() => this.#scheduleTick())
    }, this.#tickMs)
  }

  /** Asks the store about all held leases now. Never rejects. */
  async check(): Promise<void> {
    if (this.#checking || this.#held.size === 0) return
    this.#checking = true
    const now = this.#clock.now()
    const sinceRenewal = now - this.#renewedAt
    // A clock that was set back must not keep the renewals waiting until it has caught up.
    const renew = sinceRenewal >= this.#times.renewMs || sinceRenewal < 0
    const own = Array.from(this.#held, ([taskId, holder]) => ({ taskId, token: holder.token }))
    try {
      const answers = await this.#store.checkLeases(own, renew ? this.#times.leaseMs : undefined)
      if (renew) this.#renewedAt = now
      for (const [position, answer] of answers.entries()) {
        const holder = this.#held.get(answer.taskId)
        // The run may have ended while the store was asked.
        if (holder === undefined || holder.token !== own[position]?.token) continue
        if (answer.state === 'lost') holder.onLost()
        else if (answer.signals.length > 0) holder.onSignals(answer.signals)
      }
    } catch (error) {
      this.#onError(error, { stage: 'lease' })
    } finally {
      this.#checking = false
    }
  }
}
