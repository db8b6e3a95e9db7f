import type { TaskClientError } from '../../errors.ts'
import type { PageOutcome } from '../page-request.ts'
import { backOff, backoffMs } from '../polling/index.ts'
import type { StepDownReason } from '../transport.ts'
import type { StreamEnd } from './stream-news.ts'

/**
 * Where following stands. `reading`: a plain read, which says what there is, and what is wrong, in words. `connecting`:
 * no sign of life yet. `waiting`: to come back, nothing being wrong. `retrying`: after trouble. `held`: the server said
 * when to come back, which being woken does not override. `down`: left to a plainer transport, for good.
 */
export type StreamPhase =
  | 'idle'
  | 'reading'
  | 'connecting'
  | 'open'
  | 'waiting'
  | 'retrying'
  | 'held'
  | 'down'
  | 'done'
  | 'failed'

/** State of the following of one task; never changed in place. */
export interface StreamState {
  readonly phase: StreamPhase
  /** Of one request, one connection or one timer; what belongs to another turn is stale. */
  readonly turn: number
  /** Milliseconds to wait in `waiting`, `retrying` and `held`. */
  readonly delayMs: number
  /** Connect next: the end of the log was read, and nothing has gone wrong since. */
  readonly caughtUp: boolean
  /** The open connection was heard of a while after its beginning: what goes through it is not held back. */
  readonly steady: boolean
  /** Reads that failed since the last one that went well. */
  readonly failures: number
  /** Connections that ended before they were steady, since one was. */
  readonly troubles: number
  /** How often the log was void since a connection was steady. */
  readonly voids: number
  readonly error: TaskClientError | null
  /** Why it is `down`. */
  readonly because: StepDownReason | null
}

/** What can happen; `turn` is the turn that caused it. */
export type StreamEvent =
  | { type: 'start' }
  | { type: 'stop' }
  /** Visible or online again: a connection may be dead without a word. */
  | { type: 'wake' }
  /** The task has probably changed: a connection that is open will tell. */
  | { type: 'look' }
  | { type: 'timer'; turn: number }
  /** What became of a read; `void` also of a connection. */
  | (PageOutcome & { turn: number })
  /** Something came over the connection, so long after its first sign of life. */
  | { type: 'life'; turn: number; ageMs: number }
  /** The whole log of a task that has ended is here. */
  | { type: 'finished'; turn: number }
  /** The connection is over. */
  | ({ type: 'lost'; turn: number; because: StepDownReason } & StreamEnd)

/** Readings of the moment of a transition. */
export interface StreamReadings {
  hidden: boolean
  /** At least 0, below 1. */
  random: number
  /** There is a plainer transport. */
  canStepDown: boolean
}

/** Following that nobody asked for yet. */
export const initialStreamState: StreamState = {
  phase: 'idle',
  turn: 0,
  delayMs: 0,
  caughtUp: false,
  steady: false,
  failures: 0,
  troubles: 0,
  voids: 0,
  error: null,
  because: null,
}

const steadyMs = 1_000
const standstillMs = 1_000
const hiddenMs = 5_000
const longestHintMs = 30_000
const mostTroubles = 3

type EventOf<Type extends StreamEvent['type']> = Extract<StreamEvent, { type: Type }>
type Step<Event> = (state: StreamState, event: Event, readings: StreamReadings) => Partial<StreamState> | null
type Row = { readonly [Type in StreamEvent['type']]: Step<EventOf<Type>> }

/** Nothing to do, or nothing that can happen here. */
const stay = (): null => null
const read = (): Partial<StreamState> => ({ phase: 'reading', caughtUp: false })
const leave = (): Partial<StreamState> => ({ phase: 'idle', error: null })
const finish = (): Partial<StreamState> => ({ phase: 'done', error: null })
const fail: Step<EventOf<'refused'>> = (_, { error }) => ({ phase: 'failed', error })
const goOn: Step<unknown> = ({ caughtUp }) => ({ phase: caughtUp ? 'connecting' : 'reading' })

const settle: Step<EventOf<'page'>> = (_, { finished, upToDate, advanced }) => ({
  phase: finished ? 'done' : upToDate ? 'connecting' : 'waiting',
  // A server that says "more" and stands still would be asked without a pause.
  delayMs: advanced ? 0 : standstillMs,
  caughtUp: upToDate,
  failures: 0,
  error: null,
})

const retry: Step<EventOf<'failure'>> = ({ failures }, { error }, { random }) => ({
  ...backOff(failures, error, random),
  failures: failures + 1,
})

/** The first time at once and unseen, then with growing pauses. */
const rebuild: Step<EventOf<'void'>> = ({ voids }, { error }, { random }) => ({
  ...(voids === 0 ? { phase: 'reading' } : backOff(voids, error, random)),
  voids: voids + 1,
  caughtUp: false,
})

/** The turn stays: the connection goes on. */
const open: Step<EventOf<'life'>> = ({ turn }) => ({ phase: 'open', error: null, turn })
const prove: Step<EventOf<'life'>> = ({ turn, steady }, { ageMs }) =>
  steady || ageMs < steadyMs ? null : { turn, steady: true, troubles: 0, voids: 0 }

/**
 * A connection that was steady is come back to by its cursor. One that was not is counted, and followed by a read: news
 * comes in any case, and a network that is down is nothing to step down for.
 */
const lose: Step<EventOf<'lost'>> = (state, event, { hidden, random, canStepDown }) => {
  const { error, delayMs, because } = event
  const troubles = state.steady ? 0 : state.troubles + 1
  if (canStepDown && (because !== 'unstable' || troubles >= mostTroubles)) {
    return { phase: 'down', because, troubles, error }
  }
  if (error !== null) return { ...backOff(troubles, error, random), troubles, caughtUp: false }
  const told = Math.min(delayMs || 0, longestHintMs)
  const pauseMs = delayMs === null || troubles > 0 ? backoffMs(troubles, random) : 0
  return {
    phase: told > 0 ? 'held' : 'waiting',
    delayMs: Math.max(told, pauseMs, hidden ? hiddenMs : 0),
    troubles,
    caughtUp: troubles === 0,
    error: null,
  }
}

const nothing: Row = {
  start: stay,
  stop: stay,
  wake: stay,
  look: stay,
  timer: stay,
  page: stay,
  failure: stay,
  void: stay,
  refused: stay,
  life: stay,
  finished: stay,
  lost: stay,
}
const waits: Row = { ...nothing, stop: leave, wake: read, look: read, timer: goOn }

/**
 * What every event does in every phase; `pause` is `waiting`, `retrying` or `held`.
 *
 * | phase      | start   | stop | wake    | look    | timer | page                | failure | void           | refused | life | finished | lost        |
 * |------------|---------|------|---------|---------|-------|---------------------|---------|----------------|---------|------|----------|-------------|
 * | idle       | reading | –    | –       | –       | –     | –                   | –       | –              | –       | –    | –        | –           |
 * | reading    | –       | idle | reading | reading | –     | connect, pause, done | pause  | reading, pause | failed  | –    | –        | –           |
 * | connecting | –       | idle | reading | –       | –     | –                   | –       | reading, pause | –       | open | –        | pause, down |
 * | open       | –       | idle | reading | –       | –     | –                   | –       | reading, pause | –       | open | done     | pause, down |
 * | waiting    | –       | idle | reading | reading | go on | –                   | –       | –              | –       | –    | –        | –           |
 * | retrying   | –       | idle | reading | reading | go on | –                   | –       | –              | –       | –    | –        | –           |
 * | held       | –       | idle | –       | –       | go on | –                   | –       | –              | –       | –    | –        | –           |
 * | down       | –       | –    | –       | –       | –     | –                   | –       | –              | –       | –    | –        | –           |
 * | done       | –       | –    | –       | –       | –     | –                   | –       | –              | –       | –    | –        | –           |
 * | failed     | reading | –    | –       | –       | –     | –                   | –       | –              | –       | –    | –        | –           |
 *
 * `go on`: to `connecting` when caught up, else to `reading`. A connection alone never leads to `failed`: whether the
 * task is there, and whose it is, the read that follows says.
 */
export const streamTransitions: Readonly<Record<StreamPhase, Row>> = {
  idle: { ...nothing, start: read },
  reading: {
    ...nothing,
    stop: leave,
    wake: read,
    look: read,
    page: settle,
    failure: retry,
    void: rebuild,
    refused: fail,
  },
  connecting: { ...nothing, stop: leave, wake: read, void: rebuild, life: open, lost: lose },
  open: { ...nothing, stop: leave, wake: read, void: rebuild, life: prove, finished: finish, lost: lose },
  waiting: waits,
  retrying: waits,
  held: { ...nothing, stop: leave, timer: goOn },
  down: nothing,
  done: nothing,
  failed: { ...nothing, start: read },
}

/** The state after an event; the same object when nothing is to be done. Pure. */
export function streamTransition(
  state: StreamState,
  event: StreamEvent,
  readings: StreamReadings,
): StreamState {
  if ('turn' in event && event.turn !== state.turn) return state
  const step = streamTransitions[state.phase][event.type] as Step<StreamEvent>
  const change = step(state, event, readings)
  return change === null ? state : { ...state, turn: state.turn + 1, steady: false, ...change }
}
