/** Bounds of a log: what a finished one may hold. A running one may hold one and a half times as much. */
export interface LogBounds {
  maxEvents: number
  maxBytes: number
}

/** Byte counts are remembered for this many points of a full log, not for every event. */
const marksPerLog = 64

/**
 * The part of a log that is kept: decides where it is trimmed. Trimming waits until half a cap has piled up, so its
 * cost is spread; bytes are remembered at marks only, so a byte trim may take up to one mark more than it must.
 */
export class LogWindow {
  readonly #bounds: LogBounds
  #firstIdx: number
  #nextIdx: number
  /** Bytes ever added; `#marks` remembers the total at some idx. */
  #total = 0
  #trimmedTotal = 0
  #marks: { idx: number; total: number }[]

  constructor(bounds: LogBounds, position: { firstIdx: number; nextIdx: number }) {
    this.#bounds = bounds
    this.#firstIdx = position.firstIdx
    this.#nextIdx = position.nextIdx
    this.#marks = [{ idx: position.nextIdx, total: 0 }]
  }

  /** Idx of the oldest event kept. */
  get firstIdx(): number {
    return this.#firstIdx
  }

  /** Bytes that the events from `idx` on have at least. */
  leastBytes(idx: number): number {
    const mark = this.#marks.find((mark) => mark.idx >= idx)
    return mark === undefined ? 0 : this.#total - mark.total
  }

  /** Takes note of stored events. */
  add(count: number, bytes: number): void {
    this.#nextIdx += count
    this.#total += bytes
    const last = this.#marks[this.#marks.length - 1]
    const grown = last === undefined || this.#total - last.total >= this.#bounds.maxBytes / marksPerLog
    if (grown) this.#marks.push({ idx: this.#nextIdx, total: this.#total })
  }

  /** The idx below which events should go once `count` more are stored; `null` within the bounds. */
  trimPoint(count: number, bytes: number, finished: boolean): number | null {
    const { maxEvents, maxBytes } = this.#bounds
    const slack = finished ? 1 : 1.5
    const end = this.#nextIdx + count
    const total = this.#total + bytes
    const tooMany = end - this.#firstIdx > maxEvents * slack
    const tooLarge = total - this.#trimmedTotal > maxBytes * slack
    if (!tooMany && !tooLarge) return null
    const byCount = end - maxEvents
    const byBytes = tooLarge ? this.#firstFitting(total - maxBytes) : 0
    // The newest event always stays: it may be the terminal one.
    const trimTo = Math.min(Math.max(byCount, byBytes), end - 1)
    return trimTo > this.#firstIdx ? trimTo : null
  }

  /** Takes note that events below `idx` are gone. */
  trimmed(idx: number): void {
    this.#firstIdx = Math.max(this.#firstIdx, idx)
    while (this.#marks.length > 1 && (this.#marks[1]?.idx ?? Number.POSITIVE_INFINITY) <= idx)
      this.#marks.shift()
    const mark = this.#marks[0]
    if (mark !== undefined && mark.idx <= idx) this.#trimmedTotal = mark.total
  }

  /** The first mark with at least `total` bytes before it; the end when there is none. */
  #firstFitting(total: number): number {
    return this.#marks.find((mark) => mark.total >= total)?.idx ?? this.#nextIdx
  }
}
