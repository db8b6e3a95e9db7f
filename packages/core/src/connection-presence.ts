import type { Clock } from './clock.ts'

/**
 * Knows which users have a connection to this process. A refresh closes one connection and opens another, so a user is
 * gone only when none has been open for the grace. Presence is per process: behind a load balancer it needs sticky
 * sessions.
 */
export class ConnectionPresence {
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #onGone: (userId: string) => void
  readonly #users: Map<string, { open: number; cancelGrace: (() => void) | null }> = new Map()
  #isClosed = false

  constructor(options: { clock: Clock; graceMs: number; onGone(userId: string): void }) {
    this.#clock = options.clock
    this.#graceMs = options.graceMs
    this.#onGone = options.onGone
  }

  /** Counts a connection; the answer closes it, once. */
  open(userId: string): () => void {
    const user = this.#users.get(userId) ?? { open: 0, cancelGrace: null }
    this.#users.set(userId, user)
    user.open++
    user.cancelGrace?.()
    user.cancelGrace = null
    let isOpen = true
    return () => {
      if (!isOpen) return
      isOpen = false
      user.open--
      if (user.open > 0 || this.#isClosed) return
      user.cancelGrace = this.#clock.schedule(() => this.#gone(userId), this.#graceMs)
    }
  }

  /** Forgets everybody, and those whose connections close later too: nobody is gone because this process is. */
  close(): void {
    this.#isClosed = true
    for (const { cancelGrace } of this.#users.values()) cancelGrace?.()
    this.#users.clear()
  }

  #gone(userId: string): void {
    this.#users.delete(userId)
    this.#onGone(userId)
  }
}
