import type { Clock } from '../../clock.ts'

/** Something that is looked after every so often. */
export interface Pulsed {
  /** @param now milliseconds since 1970 */
  pulse(now: number): void
}

/** Slots of the wheel: members are spread over them, so that those who came together are not looked after in one go. */
const slotCount = 15

/**
 * Looks after its members in turn, each once in `intervalMs`: one timer for all of them, and no closure for any.
 */
export class PulseWheel<Member extends Pulsed = Pulsed> {
  readonly #clock: Clock
  readonly #stepMs: number
  readonly #slots: readonly Set<Member>[] = Array.from({ length: slotCount }, () => new Set<Member>())
  #step = 0
  #added = 0
  #cancelStep: (() => void) | null = null

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock
    this.#stepMs = intervalMs / slotCount
  }

  /** The first pulse comes within an interval from now. */
  add(member: Member): void {
    this.#slots[this.#added++ % slotCount]?.add(member)
    this.#schedule()
  }

  /** Looks into every slot: to remember for each member which one it is in would take more than a look. */
  remove(member: Member): void {
    for (const slot of this.#slots) if (slot.delete(member)) return
  }

  get size(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.size, 0)
  }

  /** All members, as they are now. */
  members(): Member[] {
    return this.#slots.flatMap((slot) => [...slot])
  }

  #schedule(): void {
    if (this.#cancelStep !== null || this.size === 0) return
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
