import { socketBounds } from './socket-bounds.ts'

/** Counts what a client has not acknowledged. It is held to that only when it acknowledges at all. */
export class SendCredit {
  #unacknowledged = 0
  #isEnforced = false

  /** Whether nothing more should be sent until the client acknowledges. */
  get isSpent(): boolean {
    return this.#isEnforced && this.#unacknowledged >= socketBounds.unacknowledgedBytes
  }

  sent(bytes: number): void {
    this.#unacknowledged += bytes
  }

  /** A client that counts too much gets no credit for what was not sent yet. */
  acknowledged(bytes: number): void {
    this.#isEnforced = true
    this.#unacknowledged = Math.max(0, this.#unacknowledged - bytes)
  }
}
