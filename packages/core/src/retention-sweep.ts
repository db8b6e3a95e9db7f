import { checkedNumbers } from './checked-numbers.ts'
import type { Clock } from './clock.ts'
import { defaults } from './defaults.ts'
import type { TaskStore } from './store/index.ts'
import type { ErrorReporter } from './store-retry.ts'

/** How long finished tasks are kept. */
export interface RetentionOptions {
  /** Milliseconds after its end at which a task is removed. Default 24 hours. */
  keepMs: number
  /** Newest finished tasks that a user keeps at most, whatever their age. Default: no limit. */
  keepPerUser?: number
  /** Milliseconds between two sweeps. Default one hour. */
  everyMs: number
}

/**
 * Fills in the defaults.
 *
 * @throws TaskError `invalid_definition`
 */
export function retentionOptions({
  keepPerUser,
  ...given
}: Partial<RetentionOptions> = {}): RetentionOptions {
  const times = { keepMs: defaults.keepFinishedMs, everyMs: defaults.retentionSweepMs }
  const checked = checkedNumbers('retention option', times, given, { least: { everyMs: 1 } })
  return keepPerUser === undefined
    ? checked
    : { ...checked, ...checkedNumbers('retention option', { keepPerUser: 0 }, { keepPerUser }) }
}

/** Tasks that are removed in one step: a sweep must not hold the store for long. */
const tasksPerStep = 500

/** Removes finished tasks when their time is over, log and all. */
export class RetentionSweep {
  readonly #store: TaskStore
  readonly #clock: Clock
  readonly #options: RetentionOptions
  readonly #onSwept: (count: number) => void
  readonly #onError: ErrorReporter
  #cancelTimer: (() => void) | null = null
  #stopped = false

  constructor(options: {
    store: TaskStore
    clock: Clock
    retention: RetentionOptions
    onSwept(count: number): void
    onError: ErrorReporter
  }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#options = options.retention
    this.#onSwept = options.onSwept
    this.#onError = options.onError
  }

  start(): void {
    if (this.#stopped) return
    this.#cancelTimer = this.#clock.schedule(
      () => void this.sweep().finally(() => this.start()),
      this.#options.everyMs,
      { background: true },
    )
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer?.()
  }

  /** Removes what is due; resolves with how many tasks that was. */
  async sweep(): Promise<number> {
    const { keepMs, keepPerUser } = this.#options
    let swept = 0
    try {
      for (let removed = tasksPerStep; removed === tasksPerStep && !this.#stopped; swept += removed) {
        removed = await this.#store.deleteFinished({
          beforeMs: this.#clock.now() - keepMs,
          ...(keepPerUser !== undefined && { keepPerUser }),
          limit: tasksPerStep,
        })
      }
    } catch (error) {
      this.#onError(error, { stage: 'retention' })
    }
    if (swept > 0) this.#onSwept(swept)
    return swept
  }
}
