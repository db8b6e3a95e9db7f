import type { Clock } from '../clock.ts'
import type { LeaseToken, TaskStore, WorkItem } from '../store/index.ts'
import type { ErrorReporter } from '../store-retry.ts'

/** A lease as somebody saw it: what a takeover has to name. */
export interface SeenLease {
  token: LeaseToken
  beat: number
}

/** What is done about what a sweep finds. */
export interface SweepActions {
  /** A task that holds its slot and waits for somebody to run it. */
  dispatch(taskId: string): Promise<void>
  /** A task whose owner has not been heard of. */
  adopt(taskId: string, seen: SeenLease): Promise<void>
  /** The same of a type that is unknown here, while those who know it have their turn: a stop needs no definition. */
  adoptStopped(taskId: string, seen: SeenLease): Promise<void>
  /** A stopped task that nobody owns. */
  finish(taskId: string): Promise<void>
}

/** Intervals of the sweep, in milliseconds. */
export interface SweepTimes {
  leaseMs: number
  renewMs: number
  sweepMs: number
}

/** Renewals that an owner must have missed before it is taken for dead. */
const missedRenewals = 1.5
/** Leases for which a task of an unknown type is left to a process that may know what to do with it. */
const foreignLeases = 3
/** Items of each reason that one sweep takes; what is left comes with the next one. */
const itemsPerReason = 200

/**
 * Looks for work that nobody does: lost dispatches, dead owners, stopped tasks without an owner. A lease is taken over
 * only when this process has itself seen it unchanged for one and a half renewals: the store's clock may jump, and a
 * lease that is merely written as expired may still be renewed.
 */
export class WorkSweep {
  readonly #store: TaskStore
  readonly #clock: Clock
  readonly #times: SweepTimes
  readonly #types: ReadonlySet<string>
  readonly #actions: SweepActions
  readonly #onError: ErrorReporter
  readonly #busy: Set<string> = new Set()
  #seen: Map<string, SeenLease & { stillMs: number }> = new Map()
  #watchedAt: number | null = null
  #cancelTimer: (() => void) | null = null
  #sweeping: Promise<void> | null = null
  #stopped = false

  constructor(options: {
    store: TaskStore
    clock: Clock
    times: SweepTimes
    types: ReadonlySet<string>
    actions: SweepActions
    onError: ErrorReporter
  }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#times = options.times
    this.#types = options.types
    this.#actions = options.actions
    this.#onError = options.onError
  }

  start(): void {
    if (this.#stopped || this.#cancelTimer !== null) return
    this.#cancelTimer = this.#clock.schedule(
      () => {
        this.#cancelTimer = null
        void this.sweep().finally(() => this.start())
      },
      this.#times.sweepMs,
      { background: true },
    )
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  /** Looks once; a call during a look waits for that one. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#look().finally(() => {
      this.#sweeping = null
    })
    return this.#sweeping
  }

  async #look(): Promise<void> {
    const patienceMs = this.#times.renewMs * missedRenewals
    try {
      const items = await this.#store.listWork({
        types: [...this.#types],
        pendingForMs: this.#times.sweepMs,
        // From here on a renewal is overdue: watching begins before the lease ends, so that no time is lost after it.
        expiringWithinMs: Math.max(0, this.#times.leaseMs - patienceMs),
        limit: itemsPerReason,
      })
      this.#watch(items)
      for (const item of items) if (!this.#stopped) this.#act(item, patienceMs)
    } catch (error) {
      this.#onError(error, { stage: 'sweep' })
    }
  }

  /** Remembers for how long each lease has stood still; those that have moved on or gone are forgotten. */
  #watch(items: readonly WorkItem[]): void {
    const now = this.#clock.now()
    // A clock may be set: what it says has passed since the last look counts for no more than the pause between two.
    const passed = Math.min(Math.max(0, now - (this.#watchedAt ?? now)), this.#times.sweepMs)
    this.#watchedAt = now
    const seen = new Map<string, SeenLease & { stillMs: number }>()
    for (const { taskId, token, beat } of items) {
      if (token === null) continue
      const before = this.#seen.get(taskId)
      const isSame = before !== undefined && before.token === token && before.beat === beat
      seen.set(taskId, { token, beat, stillMs: isSame ? before.stillMs + passed : 0 })
    }
    this.#seen = seen
  }

  #act({ taskId, type, reason }: WorkItem, patienceMs: number): void {
    switch (reason) {
      case 'pending':
        this.#do(taskId, () => this.#actions.dispatch(taskId))
        break
      case 'stopped_unowned':
        this.#do(taskId, () => this.#actions.finish(taskId))
        break
      case 'expired': {
        const seen = this.#seen.get(taskId)
        if (seen === undefined || seen.stillMs < patienceMs) break
        const lease = { token: seen.token, beat: seen.beat }
        const isDue =
          this.#types.has(type) || seen.stillMs >= patienceMs + foreignLeases * this.#times.leaseMs
        const adopt = isDue ? this.#actions.adopt : this.#actions.adoptStopped
        this.#do(taskId, () => adopt(taskId, lease))
        break
      }
      case 'expiring':
    }
  }

  /** One thing at a time for a task: the next sweep may find it again before this one is done. */
  #do(taskId: string, action: () => Promise<void>): void {
    if (this.#busy.has(taskId)) return
    this.#busy.add(taskId)
    action()
      .catch((error: unknown) => this.#onError(error, { stage: 'sweep', taskId }))
      .finally(() => this.#busy.delete(taskId))
  }
}
