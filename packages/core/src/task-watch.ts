import type { Clock } from './clock.ts'
import { SmallSet } from './small-set.ts'
import type { Hint, TaskNotifier } from './store/index.ts'

interface Listener {
  readonly onNews: () => void
}

interface Watched {
  readonly listeners: SmallSet<Listener>
  readonly unsubscribe: () => void
  readonly slot: Set<Watched>
}

/**
 * The looks without a hint are spread over so many steps, also for what began to be watched at the same moment, so that
 * they never hold up the process together.
 */
const stepsPerRecheck = 10

/**
 * Tells whoever watches something that there may be news of it: on a hint and, since a hint may be lost, every so often
 * without one. One subscription for what is watched, one timer for all of it, however many watch.
 */
export class TaskWatch {
  readonly #notifier: TaskNotifier
  readonly #clock: Clock
  readonly #recheckMs: number
  readonly #watched: Map<Hint, Watched> = new Map()
  readonly #slots: readonly Set<Watched>[] = Array.from({ length: stepsPerRecheck }, () => new Set<Watched>())
  #step = 0
  #opened = 0
  #cancelStep: (() => void) | null = null

  /** @param options.recheckMs `Infinity` where no hint can be lost */
  constructor(options: { notifier: TaskNotifier; clock: Clock; recheckMs: number }) {
    this.#notifier = options.notifier
    this.#clock = options.clock
    this.#recheckMs = options.recheckMs
  }

  /** Calls `onNews` soon, and then whenever there may be news. Answers how to stop. */
  watch(hint: Hint, onNews: () => void): () => void {
    const watched = this.#watched.get(hint) ?? this.#open(hint)
    // A newcomer is told at once what the subscription told the first one when it went live.
    const isFirst = watched.listeners.size === 0
    // The same function may watch twice.
    const listener: Listener = { onNews }
    watched.listeners.add(listener)
    if (!isFirst) queueMicrotask(() => watched.listeners.has(listener) && onNews())
    return () => {
      watched.listeners.delete(listener)
      if (watched.listeners.size > 0 || this.#watched.get(hint) !== watched) return
      this.#watched.delete(hint)
      watched.slot.delete(watched)
      watched.unsubscribe()
    }
  }

  /** Forgets everybody. */
  close(): void {
    for (const { unsubscribe } of this.#watched.values()) unsubscribe()
    this.#watched.clear()
    for (const slot of this.#slots) slot.clear()
    this.#cancelStep?.()
    this.#cancelStep = null
  }

  #open(hint: Hint): Watched {
    const listeners = new SmallSet<Listener>()
    const tell = (): void => {
      for (const { onNews } of [...listeners]) onNews()
    }
    const slot = this.#slotAt(this.#opened++)
    const watched = { listeners, unsubscribe: this.#notifier.subscribe(hint, tell), slot }
    slot.add(watched)
    this.#watched.set(hint, watched)
    this.#schedule()
    return watched
  }

  #slotAt(step: number): Set<Watched> {
    const slot = this.#slots[step % stepsPerRecheck]
    if (slot === undefined) throw new RangeError('steps are counted from 0')
    return slot
  }

  #schedule(): void {
    if (this.#cancelStep !== null || this.#watched.size === 0 || !Number.isFinite(this.#recheckMs)) return
    this.#cancelStep = this.#clock.schedule(
      () => {
        this.#cancelStep = null
        this.#step++
        for (const { listeners } of [...this.#slotAt(this.#step)]) {
          for (const { onNews } of [...listeners]) onNews()
        }
        this.#schedule()
      },
      this.#recheckMs / stepsPerRecheck,
      { background: true },
    )
  }
}
