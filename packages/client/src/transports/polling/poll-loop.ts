import type { EventPage } from '@outlast/core/protocol'
import { TaskClientError } from '../../errors.ts'
import type { Clock, Platform } from '../../platform/index.ts'
import type { Connection, Cursor, Transport, TransportSink } from '../transport.ts'
import { initialPollState, isAtRest, type PollEvent, type PollState, pollTransition } from './poll-state.ts'

/**
 * A request without a whole answer is given up after this long, as some proxies keep a dead one open for minutes. It
 * doubles with every failure: on a slow line a long log takes its time, and must get it in the end.
 */
const answerWithinMs = 30_000
const mostDoublings = 4

/** What polling needs from the world. */
export interface PollLoopOptions {
  /** Reads one page at the cursor. */
  read(cursor: Cursor, signal: AbortSignal): Promise<EventPage>
  sink: TransportSink
  clock: Clock
  platform: Platform
  /** At least 0, below 1. */
  random(): number
}

function connectionOf({ phase, error }: PollState, opened: boolean): Connection {
  if (isAtRest(phase)) return phase
  if (error !== null) return 'retrying'
  return opened ? 'live' : 'connecting'
}

function failureOf(thrown: unknown, turn: number): PollEvent {
  const error = TaskClientError.is(thrown)
    ? thrown
    : new TaskClientError('invalid_response', 'The answer is not a page of a task.', { cause: thrown })
  if (error.code === 'cursor_void') return { type: 'void', turn, error }
  return { type: error.transient ? 'failure' : 'refused', turn, error }
}

/** Does what {@link pollTransition} decides: asks, waits, and keeps one request or one timer at a time. */
export function pollLoop({ read, sink, clock, platform, random }: PollLoopOptions): Transport {
  let state = initialPollState
  let opened = false
  let leavePhase = (): void => {}
  let stopWaking: (() => void) | null = null

  function dispatch(event: PollEvent): void {
    const next = pollTransition(state, event, { hidden: !platform.isVisible(), random: random() })
    if (next === state) return
    state = next
    leavePhase()
    leavePhase = enterPhase(next)
    sink.report(connectionOf(next, opened), next.error)
  }

  function enterPhase({ phase, turn, delayMs, failures }: PollState): () => void {
    if (isAtRest(phase)) {
      stopWaking?.()
      stopWaking = null
      return () => {}
    }
    stopWaking ??= platform.onWake(wake)
    if (phase !== 'asking') return clock.schedule(() => dispatch({ type: 'timer', turn }), delayMs)
    const controller = new AbortController()
    const patienceMs = answerWithinMs * 2 ** Math.min(failures, mostDoublings)
    const stopClock = clock.schedule(() => {
      const error = new TaskClientError('network_error', `No answer within ${patienceMs / 1_000} s.`)
      dispatch({ type: 'failure', turn, error })
    }, patienceMs)
    void ask(turn, controller.signal)
    return () => {
      stopClock()
      controller.abort()
    }
  }

  async function ask(turn: number, signal: AbortSignal): Promise<void> {
    try {
      const page = await read(sink.cursor(), signal)
      // The phase was left while the answer was on its way, so the answer is no longer ours to apply.
      if (!signal.aborted) take(turn, page)
    } catch (thrown) {
      const failure = failureOf(thrown, turn)
      if (failure.type === 'void' && !signal.aborted) sink.reset()
      dispatch(failure)
    }
  }

  function take(turn: number, page: EventPage): void {
    const before = sink.cursor()
    const applied = sink.apply(page)
    if (applied === null) throw new TaskClientError('cursor_void', 'The page does not follow what is known.')
    opened ||= page.up_to_date
    dispatch({
      type: 'page',
      turn,
      ...applied,
      advanced: sink.cursor().from > before.from,
      continued: before.epoch !== null,
      upToDate: page.up_to_date,
      intervalMs: page.poll_interval_ms,
    })
  }

  const wake = (): void => dispatch({ type: 'wake' })
  return { start: () => dispatch({ type: 'start' }), stop: () => dispatch({ type: 'stop' }), wake }
}
