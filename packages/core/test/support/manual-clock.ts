import type { Clock } from '../../src/index.ts'

/** A clock that moves only when told to. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`, firing what is due, in order. */
  advance(ms: number): void
}

export function manualClock(start = 1_700_000_000_000): ManualClock {
  let now = start
  const timers = new Set<{ at: number; callback: () => void }>()
  return {
    now: () => now,
    schedule(callback, ms) {
      const timer = { at: now + ms, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        timers.delete(due)
        now = Math.max(now, due.at)
        due.callback()
      }
      now = end
    },
  }
}
