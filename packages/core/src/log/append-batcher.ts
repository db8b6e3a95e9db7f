import type { Append, AppendOutcome, TaskStore } from '../store/index.ts'

interface Waiting {
  append: Append
  resolve: (outcome: AppendOutcome) => void
  reject: (error: unknown) => void
}

/** Milliseconds for which appends may follow one another before timers and requests get their turn. */
const turnMs = 8

/**
 * Gathers the appends of all tasks into one store call: while one is under way the next batch collects, so a store
 * that pays per transaction pays once for many tasks. A writer has at most one append here at a time.
 */
export class AppendBatcher {
  readonly #store: TaskStore
  #waiting: Waiting[] = []
  #busy = false
  /** When the first append of this turn of the event loop was sent; `null` when there was none yet. */
  #turnBegan: number | null = null

  constructor(store: TaskStore) {
    this.#store = store
  }

  /** Resolves with the store's answer to this append; rejects when the outcome of the batch is unknown. */
  submit(append: Append): Promise<AppendOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject })
      if (!this.#busy) void this.#send()
    })
  }

  async #send(): Promise<void> {
    this.#busy = true
    while (this.#waiting.length > 0) {
      if (this.#isTurnOver()) await new Promise((resolve) => setImmediate(resolve))
      const batch = this.#waiting
      this.#waiting = []
      try {
        const outcomes = await this.#store.append(batch.map((item) => item.append))
        for (const [position, item] of batch.entries()) {
          const outcome = outcomes[position]
          if (outcome) item.resolve(outcome)
          else item.reject(new Error('the store answered fewer appends than it was given'))
        }
      } catch (error) {
        for (const item of batch) item.reject(error)
      }
    }
    this.#busy = false
  }

  /**
   * A store that answers at once resolves in microtasks, and so does a runner that only awaits it: without this, such a
   * pair would keep timers, requests and stops waiting for ever.
   */
  #isTurnOver(): boolean {
    const now = performance.now()
    if (this.#turnBegan !== null) return now - this.#turnBegan > turnMs
    this.#turnBegan = now
    setImmediate(() => {
      this.#turnBegan = null
    })
    return false
  }
}
