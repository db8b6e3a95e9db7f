import type { Clock } from '../../clock.ts'

/** Something that is looked after every so often. */
export interface Pulsed {
  /** @param now milliseconds since 1970 */
  pulse(now: number): void
}

/** Slots of the wheel: members are spread over them, so that they are not all looked after in one go. */
const slotCount = 15

/**
 * Looks after its members in turn, each once in `intervalMs`: one timer for all of them, and no closure for any.
 */
export class PulseWheel {
  readonly #clock: Clock
  readonly #stepMs: number
  readonly #slots: readonly Set<Pulsed>[] = Array.from({ length: slotCount }, () => new Set<Pulsed>())
  readonly #slotOf: Map<Pulsed, Set<Pulsed>> = new Map()
  #step = 0
  #cancelStep: (() => void) | null = null

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#stepMs = intervalMs / slotCount
  }

  /** The first pulse comes a whole interval from now. */
  add(member: Pulsed): void {
    const slot = this.#slots[this.#step % slotCount]
    if (slot === undefined) return
    slot.add(member)
    this.#slotOf.set(member, slot)
    this.#schedule()
  }

  remove(member: Pulsed): void {
    this.#slotOf.get(member)?.delete(member)
    this.#slotOf.delete(member)
  }

  #schedule(): void {
    if (this.#cancelStep !== null || this.#slotOf.size === 0) return
    this.#cancelStep = this.#clock.schedule(
      () => {
        this.#cancelStep = null
        this.#step++
        const now = this.#clock.now()
        for (const member of [...(this.#slots[this.#step % slotCount] ?? [])]) member.pulse(now)
        this.#schedule()
      },
      this.#stepMs,
      { background: true },
    )
  }
}
