/** Counts the bytes of events that wait for the store, over all writers of one manager. */
export class BufferBudget {
  /** Most bytes that may wait. */
  readonly maxBytes: number
  #waiting = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Whether so many more may wait. */
  hasRoomFor(bytes: number): boolean {
    return this.#waiting + bytes <= this.maxBytes
  }

  /** Whether more than half of it is used: the time to write no faster than the store takes. */
  get isScarce(): boolean {
    return this.#waiting > this.maxBytes / 2
  }

  /** Bytes that wait from now on. */
  take(bytes: number): void {
    this.#waiting += bytes
  }

  /** Bytes that wait no longer. */
  giveBack(bytes: number): void {
    this.#waiting -= bytes
  }
}
