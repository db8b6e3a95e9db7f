import type { Clock } from '@outlast/core'

/** A clock that stands still until a test passes time. */
export class StillClock implements Clock {
  #now = 1_700_000_000_000
  readonly #agenda: Set<{ at: number; callback: () => void }> = new Set()

  now(): number {
    return this.#now
  }

  schedule(callback: () => void, ms: number): () => void {
    const entry = { at: this.#now + ms, callback }
    this.#agenda.add(entry)
    return () => this.#agenda.delete(entry)
  }

  /** Passes `ms` milliseconds, one at a time as far as those who wait can tell. */
  pass(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = [...this.#agenda].reduce<{ at: number; callback: () => void } | null>(
        (first, entry) => (entry.at <= end && (first === null || entry.at < first.at) ? entry : first),
        null,
      )
      if (next === null) break
      this.#agenda.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
    }
    this.#now = end
  }
}
