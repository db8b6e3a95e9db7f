import type { EventPage } from '@outlast/core/protocol'
import { TaskClientError } from '../../errors.ts'
import { connectionOf, errorOf, pageReader, requestPage } from '../page-request.ts'
import type {
  StepDownReason,
  Transport,
  TransportContext,
  TransportInfo,
  TransportSink,
} from '../transport.ts'
import { type FollowStream, pageOf, type StreamNews } from './stream-news.ts'
import { initialStreamState, type StreamEvent, type StreamState, streamTransition } from './stream-state.ts'

/** A connection that lives is heard of every 15 s. */
const silenceMs = 35_000
/** To the first sign of life, where there is something else to turn to. */
const firstSignMs = 5_000

/** What following needs. */
export interface StreamLoopOptions extends TransportContext {
  name: string
  taskId: string
  follow: FollowStream
  sink: TransportSink
  giveUp: ((because: StepDownReason) => void) | undefined
}

/** Does what {@link streamTransition} decides: reads, connects, waits, and keeps one of these at a time. */
export function streamLoop(options: StreamLoopOptions): Transport {
  const { name, taskId, follow, sink, giveUp, platform, random, clock } = options
  const via: TransportInfo = { name, steppedDownBecause: null }
  const readPage = pageReader(options, taskId)
  let state = initialStreamState
  let wasUpToDate = false
  /** The latest page; there is one before there is a connection. */
  let base: EventPage
  let leaveTurn = (): void => {}
  let stopWaking: (() => void) | null = null

  function dispatch(event: StreamEvent): void {
    const { turn } = state
    const readings = { hidden: !platform.isVisible(), random: random(), canStepDown: giveUp !== undefined }
    const next = streamTransition(state, event, readings)
    if (next === state) return
    state = next
    if (next.turn !== turn) {
      leaveTurn()
      leaveTurn = enterTurn(next)
    }
    if (next.because === null) report()
    else giveUp?.(next.because)
  }

  function report(): void {
    sink.report(connectionOf(state.phase, state.error, wasUpToDate), state.error, via)
  }

  function enterTurn({ phase, turn, delayMs, failures }: StreamState): () => void {
    if (['idle', 'down', 'done', 'failed'].includes(phase)) {
      stopWaking?.()
      stopWaking = null
      return () => {}
    }
    stopWaking ??= platform.onWake(() => dispatch({ type: 'wake' }))
    if (phase === 'connecting') return connect(turn)
    if (phase !== 'reading') return clock.schedule(() => dispatch({ type: 'timer', turn }), delayMs)
    const read: typeof readPage = async (...query) => {
      base = await readPage(...query)
      return base
    }
    return requestPage({ read, sink, clock }, { failures, waitMs: 0 }, (outcome) => {
      if (outcome.type === 'page') wasUpToDate ||= outcome.upToDate
      dispatch({ ...outcome, turn })
    })
  }

  function connect(turn: number): () => void {
    const controller = new AbortController()
    const { signal } = controller
    let openedAt: number | null = null

    const listen = (ms: number, because: StepDownReason): (() => void) =>
      clock.schedule(() => {
        const error = new TaskClientError('network_error', `Nothing came for ${ms / 1_000} s.`)
        dispatch({ type: 'lost', turn, error, delayMs: null, because })
      }, ms)
    let stopListening = listen(giveUp ? firstSignMs : silenceMs, 'silent')

    const receive = (news: readonly StreamNews[]): void => {
      if (signal.aborted) return
      stopListening()
      stopListening = listen(silenceMs, 'unstable')
      openedAt ??= clock.now()
      dispatch({ type: 'life', turn, ageMs: clock.now() - openedAt })
      if (news.length > 0) take(turn, news)
    }

    follow(sink.cursor, receive, signal).then(
      (end) => dispatch({ type: 'lost', turn, ...end, because: 'unstable' }),
      (thrown: unknown) => {
        const error = errorOf(thrown)
        const isPassing = error === thrown && error.transient && error.status !== 200
        dispatch({ type: 'lost', turn, error, delayMs: null, because: isPassing ? 'unstable' : 'blocked' })
      },
    )
    return () => {
      stopListening()
      controller.abort()
    }
  }

  function take(turn: number, news: readonly StreamNews[]): void {
    const page = pageOf(base, sink.cursor(), news)
    const applied = page && sink.apply(page)
    if (!applied) sink.reset()
    if (applied?.finished) dispatch({ type: 'finished', turn })
    // What a reset means, or an end that is none, a read tells.
    else if (!applied || page?.up_to_date) {
      const error = new TaskClientError('cursor_void', 'The stream does not follow what is known.')
      dispatch({ type: 'void', turn, error })
    } else {
      base = page ?? base
      report()
    }
  }

  return {
    start: () => dispatch({ type: 'start' }),
    stop: () => dispatch({ type: 'stop' }),
    wake: () => dispatch({ type: 'look' }),
  }
}
