import type { Clock } from '../clock.ts'
import type { ProgressReport } from '../task-context.ts'

/** Lets at most one progress report through per interval: the first at once, then the latest; none is held for ever. */
export class ProgressThrottle {
  readonly #write: (report: ProgressReport) => void
  readonly #clock: Clock
  readonly #intervalMs: number
  #latest: ProgressReport | null = null
  #cancelTimer: (() => void) | null = null

  constructor(write: (report: ProgressReport) => void, clock: Clock, intervalMs: number) {
    this.#write = write
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  report(report: ProgressReport): void {
    this.#latest = report
    if (this.#cancelTimer === null) this.#writeLatest()
  }

  /** Writes what is still held and ends the interval. */
  flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    if (this.#latest !== null) this.#write(this.#latest)
    this.#latest = null
  }

  #writeLatest(): void {
    if (this.#latest === null) return
    this.#write(this.#latest)
    this.#latest = null
    this.#cancelTimer = this.#clock.schedule(() => {
      this.#cancelTimer = null
      this.#writeLatest()
    }, this.#intervalMs)
  }
}
