import { keptDurations } from '../shared/kept-durations.ts'

/** How long the latest succeeded tasks of each type took, in milliseconds. */
export class RunDurations {
  readonly #byType: Map<string, number[]> = new Map()

  add(type: string, durationMs: number): void {
    const durations = this.#byType.get(type) ?? []
    this.#byType.set(type, durations)
    durations.push(durationMs)
    if (durations.length > keptDurations) durations.shift()
  }

  /** By type, the latest last. */
  all(): Record<string, readonly number[]> {
    // fromEntries defines properties: a type named `__proto__` becomes an entry like any other.
    return Object.fromEntries(Array.from(this.#byType, ([type, durations]) => [type, [...durations]]))
  }
}
