import type { Clock } from '../clock.ts'
import type { ProgressReport } from '../task-context.ts'
import { addReport, estimateEta, type ProgressEvidence, startEvidence } from './progress-eta.ts'
import { ProgressThrottle } from './progress-throttle.ts'

/** What a reporter needs from around it. */
export interface ProgressReporterOptions {
  write(report: ProgressReport): void
  clock: Clock
  /** Milliseconds between two writes. */
  intervalMs: number
  /** Durations of earlier runs of the same type, in milliseconds, as far as they are known. */
  earlierMs(): readonly number[]
}

/**
 * Writes a run's progress, seldom and with the time that is left. A run that falls silent has its last report written
 * once more, without the time: else the screen would go on promising it.
 */
export class ProgressReporter {
  readonly #options: ProgressReporterOptions
  readonly #throttle: ProgressThrottle
  #evidence: ProgressEvidence
  #cancelWithdrawal: (() => void) | null = null
  #isOver = false

  constructor(options: ProgressReporterOptions) {
    this.#options = options
    const { clock, intervalMs } = options
    this.#evidence = startEvidence(clock.now())
    this.#throttle = new ProgressThrottle((report) => this.#write(report), clock, intervalMs)
  }

  report(report: ProgressReport): void {
    this.#evidence = addReport(this.#evidence, report, this.#options.clock.now())
    this.#throttle.report(report)
  }

  /** Writes what is still held: the run is over, so no time is left to tell. */
  flush(): void {
    this.#isOver = true
    this.#throttle.flush()
    this.#cancelWithdrawal?.()
  }

  #write(report: ProgressReport): void {
    const { write, clock, earlierMs } = this.#options
    this.#cancelWithdrawal?.()
    this.#cancelWithdrawal = null
    // A runner that knows better wins; `null` is its word that nobody knows.
    const isGiven = this.#isOver || report.eta_ms !== undefined
    const estimate = isGiven ? null : estimateEta(this.#evidence, clock.now(), earlierMs())
    write(estimate === null ? report : { ...report, eta_ms: estimate.etaMs })
    if (estimate === null) return
    // One millisecond more, for timers may fire that much early.
    this.#cancelWithdrawal = clock.schedule(() => this.#throttle.report(report), estimate.validMs + 1, {
      background: true,
    })
  }
}
