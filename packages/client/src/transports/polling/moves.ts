import type { Phase } from './turn.ts'

/**
 * What befalls a loop from outside. `wake`: the host has come back, so whatever is under way may hang on a connection
 * that is dead. `look`: something has probably changed in what is read.
 */
export type Move = 'start' | 'stop' | 'wake' | 'look'

/**
 * The phase that each move leads to from each; none where it means nothing.
 *
 * Being woken reads anew, whatever was under way. A `look` cuts nothing short: what is open will tell, and a read that is
 * under way is followed by another at once. `failed` is tried again on `start`, as its watchers have come back, perhaps
 * signed in by now. One exception: what was stopped while it was `held` is `held` again by a `start` before that is over.
 */
export const moves: Readonly<Record<Phase, Readonly<Partial<Record<Move, Phase>>>>> = {
  idle: { start: 'reading' },
  reading: { stop: 'idle', wake: 'reading' },
  following: { stop: 'idle', wake: 'reading' },
  waiting: { stop: 'idle', wake: 'reading', look: 'reading' },
  held: { stop: 'idle' },
  failed: { start: 'reading' },
  done: {},
  left: {},
}

/** Whether nothing is under way: nobody asked for it, or it has ended. */
export function isAtRest(phase: Phase): phase is 'idle' | 'done' | 'failed' | 'left' {
  return !moves[phase].stop
}
