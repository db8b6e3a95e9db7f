import { type Clock, systemClock } from '../clock.ts'

/** How long the streams of a run may be silent before a call is taken to be in none of them. */
const silenceMs = 250

/**
 * Keeps the log in the order of the stream. The AI SDK starts a tool while the last few parts before it are still
 * on their way through its pipeline, so that without this a call could begin before the sentence that announces it.
 */
export class StreamOrder {
  readonly #clock: Clock
  readonly #forwarded: Set<string> = new Set()
  readonly #waiting: Set<(moved: boolean) => void> = new Set()
  #streams = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** A stream is being forwarded from now on, until the answer is called. */
  open(): () => void {
    this.#streams += 1
    return () => {
      this.#streams -= 1
      this.moved()
    }
  }

  /** A part was forwarded. */
  moved(): void {
    for (const wake of this.#waiting) wake(true)
    this.#waiting.clear()
  }

  /** A call's part was forwarded, and so was everything before it. */
  called(id: string): void {
    this.#forwarded.add(id)
  }

  /**
   * Resolves when the call's part has been forwarded. A call that is in no forwarded stream, such as that of a nested
   * agent, would wait for ever, perhaps for the very tool that it is part of: silence ends the wait.
   */
  async reached(id: string): Promise<void> {
    let isMoving = true
    while (isMoving && this.#streams > 0 && !this.#forwarded.has(id)) isMoving = await this.#nextMove()
  }

  #nextMove(): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = (moved: boolean): void => {
        cancelTimer()
        resolve(moved)
      }
      const cancelTimer = this.#clock.schedule(() => {
        this.#waiting.delete(wake)
        resolve(false)
      }, silenceMs)
      this.#waiting.add(wake)
    })
  }
}
