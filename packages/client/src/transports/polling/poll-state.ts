import type { TaskClientError } from '../../errors.ts'
import type { PageOutcome } from '../page-request.ts'
import { backOff } from './backoff.ts'

/**
 * Where polling stands. `waiting`: for the next turn. `retrying`: after a failure. `held`: the server said when to
 * come back, which being woken does not override.
 */
export type PollPhase = 'idle' | 'asking' | 'waiting' | 'retrying' | 'held' | 'done' | 'failed'

/** State of the polling of one task; never changed in place. */
export interface PollState {
  readonly phase: PollPhase
  /** Grows with every step; an answer or a timer of another turn is stale. */
  readonly turn: number
  /** Milliseconds to wait in `waiting`, `retrying` and `held`. */
  readonly delayMs: number
  /** Failures since the last page that fitted. */
  readonly failures: number
  /** How often the log was void since it was last followed, from one page to the next, to its end. */
  readonly voids: number
  /** Pages since the last one that brought something. */
  readonly quiet: number
  /** The trouble that the latest request had, or the end of it all in `failed`. */
  readonly error: TaskClientError | null
}

/** What can happen to polling; `turn` is the turn that caused it. */
export type PollEvent =
  | { type: 'start' }
  | { type: 'stop' }
  /** Visible or online again, or the task was asked to stop. */
  | { type: 'wake' }
  | { type: 'timer'; turn: number }
  | (PageOutcome & { turn: number })

/** Readings of the moment of a transition. */
export interface PollReadings {
  hidden: boolean
  /** At least 0, below 1. */
  random: number
}

/** Whether nothing is under way: nobody asked for it, or it has ended. */
export function isAtRest(phase: PollPhase): phase is 'idle' | 'done' | 'failed' {
  return phase === 'idle' || phase === 'done' || phase === 'failed'
}

/** Polling that nobody asked for yet. */
export const initialPollState: PollState = {
  phase: 'idle',
  turn: 0,
  delayMs: 0,
  failures: 0,
  voids: 0,
  quiet: 0,
  error: null,
}

const activeMs = 150
const quietMs = 1_000
const hiddenMs = 5_000
const longestIntervalMs = 30_000
/** A long-poll asks again at once, but no more often than this: events that come one by one then come in small batches. */
const apartMs = 50

type EventOf<Type extends PollEvent['type']> = Extract<PollEvent, { type: Type }>
type Step<Event> = (state: PollState, event: Event, readings: PollReadings) => Partial<PollState> | null
type Row = { readonly [Type in PollEvent['type']]: Step<EventOf<Type>> }

/** Nothing to do, or nothing that can happen here. */
const stay = (): null => null
const ask = (): Partial<PollState> => ({ phase: 'asking' })
const leave = (): Partial<PollState> => ({ phase: 'idle', error: null })
const fail = (_: PollState, { error }: EventOf<'refused'>): Partial<PollState> => ({ phase: 'failed', error })

const settle: Step<EventOf<'page'>> = (state, event, { hidden }) => {
  const quiet = event.fresh ? 0 : state.quiet + 1
  // A page from the start says nothing on whether the log can be followed: only the end, reached from a cursor, does.
  const voids = event.continued && event.upToDate ? 0 : state.voids
  const atOnce: Partial<PollState> = { phase: 'waiting', delayMs: 0, failures: 0, voids, quiet, error: null }
  if (event.finished) return { ...atOnce, phase: 'done' }
  // Only a page that led on is followed at once: a server that says "more" and stands still would be asked without a
  // pause. And at once is by a timer: answers that come in microtasks, one after another, would freeze the host.
  if (!event.upToDate && event.advanced) return atOnce
  const told = event.intervalMs > 0 ? Math.min(event.intervalMs, longestIntervalMs) : activeMs
  const eased = event.fresh ? told : Math.max(told, Math.min(quietMs, activeMs * 2 ** quiet))
  if (hidden) return { ...atOnce, delayMs: Math.max(hiddenMs, eased) }
  if (event.waitedMs === null) return { ...atOnce, delayMs: eased }
  // A server that does not wait is to be asked no more often than by polls.
  return { ...atOnce, delayMs: Math.max(0, (event.fresh ? apartMs : eased) - event.waitedMs) }
}

const retry: Step<EventOf<'failure'>> = ({ failures }, { error }, { random }) => ({
  ...backOff(failures, error, random),
  failures: failures + 1,
})

/** The first time at once and unseen; a log that is void again and again backs off, whatever pages came in between. */
const rebuild: Step<EventOf<'void'>> = ({ voids }, { error }, { random }) => ({
  ...(voids === 0 ? { phase: 'asking' } : backOff(voids, error, random)),
  voids: voids + 1,
})

const nothing: Row = {
  start: stay,
  stop: stay,
  wake: stay,
  timer: stay,
  page: stay,
  failure: stay,
  void: stay,
  refused: stay,
}

/**
 * What every event does in every phase.
 *
 * | phase    | start  | stop | wake   | timer  | page          | failure        | void                   | refused |
 * |----------|--------|------|--------|--------|---------------|----------------|------------------------|---------|
 * | idle     | asking | –    | –      | –      | –             | –              | –                      | –       |
 * | asking   | –      | idle | asking | –      | waiting, done | retrying, held | asking, retrying, held | failed  |
 * | waiting  | –      | idle | asking | asking | –             | –              | –                      | –       |
 * | retrying | –      | idle | asking | asking | –             | –              | –                      | –       |
 * | held     | –      | idle | –      | asking | –             | –              | –                      | –       |
 * | done     | –      | –    | –      | –      | –             | –              | –                      | –       |
 * | failed   | asking | –    | –      | –      | –             | –              | –                      | –       |
 *
 * `asking` on `wake` asks anew: after a sleep the request in flight hangs on a connection that is dead. `failed` on
 * `start` tries again, as its watchers have come back, perhaps signed in by now.
 */
export const pollTransitions: Readonly<Record<PollPhase, Row>> = {
  idle: { ...nothing, start: ask },
  asking: { ...nothing, stop: leave, wake: ask, page: settle, failure: retry, void: rebuild, refused: fail },
  waiting: { ...nothing, stop: leave, wake: ask, timer: ask },
  retrying: { ...nothing, stop: leave, wake: ask, timer: ask },
  held: { ...nothing, stop: leave, timer: ask },
  done: nothing,
  failed: { ...nothing, start: ask },
}

/** The state after an event; the same object when nothing is to be done. Pure. */
export function pollTransition(state: PollState, event: PollEvent, readings: PollReadings): PollState {
  if ('turn' in event && event.turn !== state.turn) return state
  const step = pollTransitions[state.phase][event.type] as Step<PollEvent>
  const change = step(state, event, readings)
  return change === null ? state : { ...state, ...change, turn: state.turn + 1 }
}
