import type { Append, AppendOutcome, TaskStore } from '../store/index.ts'

interface Waiting {
  append: Append
  resolve: (outcome: AppendOutcome) => void
  reject: (error: unknown) => void
}

/**
 * Gathers the appends of all tasks into one store call: while one is under way the next batch collects, so a store
 * that pays per transaction pays once for many tasks. A writer has at most one append here at a time.
 */
export class AppendBatcher {
  readonly #store: TaskStore
  #waiting: Waiting[] = []
  #busy = false

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
}
