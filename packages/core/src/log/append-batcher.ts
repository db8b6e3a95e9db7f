import type { Append, AppendOutcome, TaskStore } from '../store/index.ts'

interface Waiting {
  append: Append
  resolve: (outcome: AppendOutcome) => void
  reject: (error: unknown) => void
}

/** Milliseconds for which appends may follow one another before timers and requests get their turn. */
const turnMs = 8
/** Batches after which it is watched whether they come in one turn. */
const unwatchedSends = 8

/**
 * Gathers the appends of all tasks into one store call: while one is under way the next batch collects, so a store
 * that pays per transaction pays once for many tasks. A writer has at most one append here at a time.
 */
export class AppendBatcher {
  readonly #store: TaskStore
  #waiting: Waiting[] = []
  #busy = false
  /** Batches since the last turn of the event loop that was seen to end. */
  #sent = 0
  /** When the present turn began to be watched; `null` while it is not. */
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
   * pair would keep timers, requests and stops waiting for ever. Whoever sends little is spared the extra turn of the
   * event loop that it takes to see one end.
   */
  #isTurnOver(): boolean {
    if (this.#turnBegan !== null) return performance.now() - this.#turnBegan > turnMs
    this.#sent++
    if (this.#sent < unwatchedSends) return false
    this.#turnBegan = performance.now()
    setImmediate(() => {
      this.#turnBegan = null
      this.#sent = 0
    })
    return false
  }
}
