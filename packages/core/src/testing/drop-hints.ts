import type { TaskNotifier } from '../store/index.ts'

/** Options of {@link dropHints}. */
export interface DropHintsOptions {
  /** How many of the published hints are lost: 0 none, 1 all of them. */
  share: number
  /** Numbers from 0 to 1, such as `seededRandom` makes. */
  random: () => number
}

/**
 * A notifier that loses hints, as any may: what is correct only because a hint came fails behind it. Subscribers are
 * still called once when they are live.
 */
export function dropHints(notifier: TaskNotifier, { share, random }: DropHintsOptions): TaskNotifier {
  return {
    publish(hints) {
      const kept = hints.filter(() => random() >= share)
      if (kept.length > 0) notifier.publish(kept)
    },
    subscribe: (hint, onHint) => notifier.subscribe(hint, onHint),
    close: () => notifier.close(),
  }
}
