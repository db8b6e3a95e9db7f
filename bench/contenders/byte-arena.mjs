/**
 * The newest events of one task as UTF-8 in one buffer, with their offsets in a ring: next to nothing is left to save
 * for something that numbers events, keeps a bounded number of them and answers any page as one slice.
 */
export class ByteArena {
  #cap
  #bytes = Buffer.allocUnsafeSlow(4_096)
  #used = 0
  /** Start of event `idx` at `idx & mask`, counted from the beginning of the log, modulo 2^32. */
  #starts = new Uint32Array(64)
  /** Bytes that lie no longer in the buffer, modulo 2^32. */
  #shifted = 0
  #first = 0
  #next = 0
  /** Called after every append: readers that wait. @type {Set<() => void>} */
  waiting = new Set()

  /** @param {number} cap Events to keep. */
  constructor(cap) {
    this.#cap = cap
  }

  /** Idx that the next event gets. */
  get next() {
    return this.#next
  }

  /** Events in the log. */
  get size() {
    return this.#next - this.#first
  }

  /** @param {string} text */
  append(text) {
    // A UTF-16 unit takes at most three bytes.
    const most = text.length * 3
    if (this.#used + most > this.#bytes.length) this.#makeRoom(most)
    if (this.size === this.#cap) this.#first++
    else if (this.size === this.#starts.length) this.#growRing()
    this.#starts[this.#next & (this.#starts.length - 1)] = this.#shifted + this.#used
    this.#used += this.#bytes.write(text, this.#used, 'utf8')
    this.#next++
    for (const wake of this.waiting) wake()
  }

  /** @param {number} idx */
  #placeOf(idx) {
    if (idx >= this.#next) return this.#used
    return ((this.#starts[idx & (this.#starts.length - 1)] ?? 0) - this.#shifted) >>> 0
  }

  /** Moves what is kept to the front, into a larger buffer unless a quarter of this one is free. @param {number} most */
  #makeRoom(most) {
    const from = this.#placeOf(this.#first)
    const kept = this.#used - from
    let size = this.#bytes.length
    while (kept + most > size * 0.75) size *= 2
    const target = size === this.#bytes.length ? this.#bytes : Buffer.allocUnsafeSlow(size)
    this.#bytes.copy(target, 0, from, this.#used)
    this.#bytes = target
    this.#used = kept
    this.#shifted = (this.#shifted + from) >>> 0
  }

  #growRing() {
    const larger = new Uint32Array(this.#starts.length * 2)
    for (let idx = this.#first; idx < this.#next; idx++) {
      larger[idx & (larger.length - 1)] = this.#starts[idx & (this.#starts.length - 1)] ?? 0
    }
    this.#starts = larger
  }
}
