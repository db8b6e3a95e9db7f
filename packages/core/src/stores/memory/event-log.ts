import type { Json } from '../../store/index.ts'

/** Below this many trimmed slots a compaction is not worth its copy. */
const minCompactSlots = 64

/**
 * The events of one task, as the texts they came in. Two flat arrays and no object per event: an append is a push, a trim
 * is amortised O(1) per event, and the bytes of any range are one subtraction, once a reader has asked for any.
 */
export class EventLog {
  #texts: Json[] = []
  /** UTF-8 bytes of the events up to and including each slot, as far as a reader has asked for them. */
  #ends: number[] = []
  /** Slots before this one were trimmed and hold an empty text. */
  #head = 0
  /** Idx of the event in slot 0, trimmed or not. */
  #base: number
  /** Bytes of the events before slot 0. */
  #baseBytes = 0

  constructor(first = 0) {
    this.#base = first
  }

  /** Idx of the oldest event kept; equals `next` when there is none. */
  get first(): number {
    return this.#base + this.#head
  }

  /** Idx that the next event gets. */
  get next(): number {
    return this.#base + this.#texts.length
  }

  append(events: readonly Json[]): void {
    for (const text of events) {
      // Has the engine join a text that was put together: the pieces, which would stay, weigh more than the whole.
      text.charCodeAt(0)
      this.#texts.push(text)
    }
  }

  /** Lets go of the events below `idx`, at most of all. */
  trim(idx: number): void {
    const head = Math.min(idx - this.#base, this.#texts.length)
    if (head <= this.#head) return
    // The texts go at once; their slots go when they are half of the array, so that each is moved at most once.
    this.#texts.fill('', this.#head, head)
    this.#head = head
    if (head >= minCompactSlots && head * 2 >= this.#texts.length) this.#compact()
  }

  /** UTF-8 bytes of the kept events in `[from, to)`. */
  bytes(from: number, to: number): number {
    const start = Math.max(from - this.#base, this.#head)
    const end = Math.min(to - this.#base, this.#texts.length)
    return end > start ? this.#bytesBefore(end) - this.#bytesBefore(start) : 0
  }

  /** The kept events from `from` on: at most `limit`, at most `maxBytes` but at least one of them. */
  read(from: number, limit: number, maxBytes: number): Json[] {
    const start = Math.max(from - this.#base, this.#head)
    const last = Math.min(start + limit, this.#texts.length)
    const most = this.#bytesBefore(start) + maxBytes
    if (this.#bytesBefore(last) <= most) return this.#texts.slice(start, Math.max(start, last))
    let end = Math.min(start + 1, last)
    while (end < last && this.#bytesBefore(end + 1) <= most) end++
    return this.#texts.slice(start, end)
  }

  #bytesBefore(slot: number): number {
    let end = this.#ends.at(-1) ?? this.#baseBytes
    for (let next = this.#ends.length; next < Math.min(slot, this.#texts.length); next++) {
      end += Buffer.byteLength(this.#texts[next] ?? '')
      this.#ends.push(end)
    }
    return (slot > 0 ? this.#ends[slot - 1] : undefined) ?? this.#baseBytes
  }

  #compact(): void {
    this.#baseBytes = this.#ends[this.#head - 1] ?? 0
    this.#base += this.#head
    this.#texts = this.#texts.slice(this.#head)
    this.#ends = this.#ends.slice(this.#head)
    this.#head = 0
  }
}
