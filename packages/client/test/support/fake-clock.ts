import type { Clock } from '../../src/platform/clock.ts'

/** Lets everything run that waits for nothing but promises. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock that only moves when told to. */
export class FakeClock implements Clock {
  #now = 1_767_225_600_000
  #timers: { at: number; callback: () => void }[] = []

  now(): number {
    return this.#now
  }

  schedule(callback: () => void, ms: number): () => void {
    const timer = { at: this.#now + ms, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Timers that are waiting. */
  get pending(): number {
    return this.#timers.length
  }

  /** Moves on by `ms`, running every timer at its time and letting what follows from it happen. */
  async advance(ms: number): Promise<void> {
    await settle()
    const end = this.#now + ms
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#now = Math.max(this.#now, due.at)
      due.callback()
      await settle()
    }
    this.#now = end
  }
}
