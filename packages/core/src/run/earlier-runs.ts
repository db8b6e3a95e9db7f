import type { Clock } from '../clock.ts'
import type { TaskStore } from '../store/index.ts'
import type { ErrorReporter } from '../store-retry.ts'

/** Durations are good for a minute: they are asked for at every progress event. */
const refreshMs = 60_000

/** How long earlier tasks of a type took, as far as it is known by now: asking never waits for the store. */
export class EarlierRuns {
  readonly #store: Pick<TaskStore, 'stats'>
  readonly #clock: Clock
  readonly #onError: ErrorReporter
  #durationsMs: Record<string, readonly number[]> = {}
  #askedAt: number | null = null

  constructor(store: Pick<TaskStore, 'stats'>, clock: Clock, onError: ErrorReporter) {
    this.#store = store
    this.#clock = clock
    this.#onError = onError
  }

  /** Milliseconds that the latest succeeded tasks took; none until the store has answered. */
  durationsOf(type: string): readonly number[] {
    const now = this.#clock.now()
    if (this.#askedAt === null || Math.abs(now - this.#askedAt) >= refreshMs) {
      this.#askedAt = now
      void this.#refresh()
    }
    return Object.hasOwn(this.#durationsMs, type) ? (this.#durationsMs[type] ?? []) : []
  }

  async #refresh(): Promise<void> {
    try {
      this.#durationsMs = (await this.#store.stats()).durationsMs
    } catch (error) {
      this.#onError(error, { stage: 'stats' })
    }
  }
}
