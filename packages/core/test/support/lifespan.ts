import type { Clock } from '../../src/index.ts'

/**
 * How long one process lives. It passes points, one after the other, at each of which it could die: whatever leaves it
 * (a call of the store, a hint, a dispatch) before that is done and after it, and what its runners and clients tell.
 * Once it is gone nothing of it happens any more: no call is made, no answer arrives, no timer fires.
 */
export class Lifespan {
  /** What was passed, in order; the last one is where it died, if it did. */
  readonly points: string[] = []
  /** Resolves when it dies. */
  readonly ended: Promise<void>
  readonly #onPoint: () => void
  #diesAt: number | string | null
  #isGone = false
  #hasEnded = false
  #markEnded: () => void = () => {}
  #markBack: () => void = () => {}
  #back: Promise<void> = Promise.resolve()
  #overdue: (() => void)[] = []

  constructor(diesAt: number | null, onPoint: () => void) {
    this.#diesAt = diesAt
    this.#onPoint = onPoint
    this.ended = new Promise((resolve) => {
      this.#markEnded = resolve
    })
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Whether it has died, also when it has come back since: what it tells then counts for nothing. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Passes a point that nobody can wait at; answers whether what comes next happens. */
  passNow(point: string): boolean {
    if (this.#isGone) return false
    this.#onPoint()
    const place = this.points.push(point) - 1
    if (place === this.#diesAt || point === this.#diesAt) this.end()
    return !this.#isGone
  }

  /** Passes a point; never resolves when the process is gone, unless it comes back. */
  async pass(point: string): Promise<void> {
    if (!this.passNow(point)) await this.#back
  }

  /** A call that leaves the process: it may die before the other side has done it, and before the answer arrives. */
  async call<Answer>(name: string, ask: () => Promise<Answer>): Promise<Answer> {
    await this.pass(`before ${name}`)
    const answer = await ask()
    await this.pass(`after ${name}`)
    return answer
  }

  /** A timer of the process: one that is due while it is gone fires when it comes back. */
  schedule(clock: Clock, callback: () => void, ms: number): () => void {
    let isCanceled = false
    const fire = (): void => {
      if (isCanceled) return
      if (this.#isGone) this.#overdue.push(fire)
      else callback()
    }
    const cancel = clock.schedule(fire, ms)
    return () => {
      isCanceled = true
      cancel()
    }
  }

  /** Has it die at the first point of this name that it comes to. */
  endAt(point: string): void {
    this.#diesAt = point
  }

  end(): void {
    this.#isGone = true
    this.#hasEnded = true
    this.#back = new Promise((resolve) => {
      this.#markBack = resolve
    })
    this.#markEnded()
  }

  /** It had only been stopped, as by SIGSTOP: what it was about to do happens now. */
  comeBack(): void {
    this.#isGone = false
    this.#markBack()
    for (const fire of this.#overdue.splice(0)) fire()
  }
}
