import type { Clock, Platform } from '../../platform/index.ts'
import { type AnyPage, connectionOf, type PageOutcome, type ReadPage, requestPage } from '../page-request.ts'
import type { Transport, TransportInfo, TransportSink } from '../transport.ts'
import { initialPollState, isAtRest, type PollEvent, type PollState, pollTransition } from './poll-state.ts'

const leastWaitMs = 1_000

/** What polling needs from the world. */
export interface PollLoopOptions<Page extends AnyPage> {
  read: ReadPage<Page>
  sink: TransportSink<Page>
  clock: Clock
  platform: Platform
  /** At least 0, below 1. */
  random(): number
  /** Milliseconds that the server may wait for news; 0, the default, makes plain polls. */
  waitMs?: number
}

const poll: TransportInfo = { name: 'poll', steppedDownBecause: null }
const longPoll: TransportInfo = { name: 'long-poll', steppedDownBecause: null }

/** Does what {@link pollTransition} decides: asks, waits, and keeps one request or one timer at a time. */
export function pollLoop<Page extends AnyPage>({
  read,
  sink,
  clock,
  platform,
  random,
  waitMs = 0,
}: PollLoopOptions<Page>): Transport {
  const via = waitMs ? longPoll : poll
  let state = initialPollState
  let opened = false
  /** What something on the way lets the server wait: less after every wait that failed. */
  let passingMs = waitMs
  let leavePhase = (): void => {}
  let stopWaking: (() => void) | null = null

  function dispatch(event: PollEvent): void {
    const next = pollTransition(state, event, { hidden: !platform.isVisible(), random: random() })
    if (next === state) return
    state = next
    leavePhase()
    leavePhase = enterPhase(next)
    sink.report(connectionOf(next.phase, next.error, opened), next.error, via)
  }

  function enterPhase({ phase, turn, delayMs, failures }: PollState): () => void {
    if (isAtRest(phase)) {
      stopWaking?.()
      stopWaking = null
      return () => {}
    }
    stopWaking ??= platform.onWake(wake)
    if (phase !== 'asking') return clock.schedule(() => dispatch({ type: 'timer', turn }), delayMs)
    // What is there already should come at once, and so should the proof that the server is back.
    const wait = opened && failures === 0 && platform.isVisible() ? passingMs : 0
    return requestPage({ read, sink, clock }, { failures, waitMs: wait }, (outcome: PageOutcome) => {
      if (outcome.type === 'page') opened ||= outcome.upToDate
      else if (wait) passingMs = Math.max(leastWaitMs, Math.floor(wait / 2))
      dispatch({ ...outcome, turn })
    })
  }

  const wake = (): void => {
    passingMs = waitMs
    dispatch({ type: 'wake' })
  }
  return { start: () => dispatch({ type: 'start' }), stop: () => dispatch({ type: 'stop' }), wake }
}
