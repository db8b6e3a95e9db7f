import type { TaskClientError } from '../../errors.ts'
import type { Clock, Platform } from '../../platform/index.ts'
import { type AnyPage, errorOf, type ReadPage, silenceOf, voidCursor } from '../page-reader.ts'
import type { Transport, TransportInfo, TransportSink } from '../transport.ts'
import { afterFailure, afterPage } from './after-read.ts'
import { isAtRest, moves } from './moves.ts'
import type { Next, Phase, Turn } from './turn.ts'

/**
 * A request without a whole answer is given up after this long, as some proxies keep a dead one open for minutes. It
 * doubles with every failure: on a slow line a long log takes its time, and must get it in the end.
 */
const answerWithinMs = 30_000
const mostDoublings = 4
const leastWaitMs = 1_000
const turnIsOver = 'the turn is over'

const activeMs = 150
const quietMs = 1_000
const hiddenMs = 5_000
const longestIntervalMs = 30_000
/** A long-poll asks again at once, but no more often than this: events that come one by one then come in small batches. */
const apartMs = 50

/** What following a log needs from the world. */
export interface PollLoopOptions<Page extends AnyPage> {
  read: ReadPage<Page>
  sink: TransportSink<Page>
  clock: Clock
  platform: Pick<Platform, 'isVisible' | 'onWake'>
  /** At least 0, below 1. */
  random(): number
  /** What watchers are told that the log is read through. */
  via?: TransportInfo
  /** Milliseconds that the server may wait for news; 0, the default, makes plain polls. */
  waitMs?: number
  /** Takes over from the end of the log on, until it ends the turn; default: polls. */
  follow?: (turn: Turn) => void
}

/** A transport that can be told from outside what comes next. */
export interface PollLoop extends Transport {
  go(next: Next): void
}

/**
 * Follows a log: reads it to its end, and then again and again, or lets `follow` bring what comes. All transports are
 * this loop, so that what a failure, a void cursor or the end of the task leads to is the same for all. What it does
 * when it is called from outside is `moves`; what a read leads to, `afterPage` and `afterFailure`.
 */
export function pollLoop<Page extends AnyPage>({
  read,
  sink,
  clock,
  platform,
  random,
  via,
  waitMs = 0,
  follow,
}: PollLoopOptions<Page>): PollLoop {
  let phase: Phase = 'idle'
  let error: TaskClientError | null = null
  /** Failures since the last page that fitted. */
  let failures = 0
  /** How often the log was void since it was last followed, from one page to the next, to its end. */
  let voids = 0
  /** Pages since the last one that brought something. */
  let quiet = 0
  let wasUpToDate = false
  /** What something on the way lets the server wait: less after every wait that failed. */
  let passingMs = waitMs
  /** Somebody looked while a read was under way: what changed may have come too late for its answer. */
  let isDue = false
  /** The pause that the server asked for, and since when; whoever stops and starts again does not get around it. */
  let hold: { delayMs: number; error: TaskClientError | null; at: number } | null = null
  let endTurn = (): void => {}
  let endWaking = (): void => {}

  function go({ phase: next, delayMs = 0, after = 'reading', error: trouble = error }: Next): void {
    const controller = new AbortController()
    const { signal } = controller
    let stopTimer = (): void => {}
    const turn: Turn = {
      signal,
      within(ms, late) {
        stopTimer()
        if (!signal.aborted) stopTimer = clock.schedule(late, ms)
      },
      end(next) {
        if (!signal.aborted) go(next)
      },
    }
    const endLast = endTurn
    endTurn = () => {
      stopTimer()
      // Without a reason of its own, each would make an error whose stack holds on to what was read.
      controller.abort(turnIsOver)
    }
    phase = next
    error = trouble
    if (phase === 'held') hold = { delayMs, error, at: clock.now() }
    else if (phase !== 'idle') hold = null
    endLast()
    // Whatever is called here may end the turn as it begins: headers are asked for, and listeners told, at once.
    if (signal.aborted) return
    if (isAtRest(phase)) endWaking()
    else if (phase === 'reading') ask(turn)
    else if (phase === 'following') follow?.(turn)
    else turn.within(error ? eased(delayMs) : delayMs, () => go({ phase: after }))
    if (signal.aborted || phase === 'left') return
    const connection = error ? 'retrying' : wasUpToDate ? 'live' : 'connecting'
    sink.report(isAtRest(phase) ? phase : connection, error, via)
  }

  /** A page that nobody sees asks seldom, whether things go well or not. */
  const eased = (ms: number): number => (platform.isVisible() ? ms : Math.max(hiddenMs, ms))

  /** Milliseconds since then, as far as is known: a clock may be set back. */
  const since = (then: number): number => Math.max(0, clock.now() - then)

  function ask({ signal, within, end }: Turn): void {
    isDue = false
    const before = sink.cursor()
    const askedAt = clock.now()
    // What is there already should come at once, and so should the proof that the server is back.
    const wait = wasUpToDate && failures === 0 && platform.isVisible() ? passingMs : 0

    function take(page: Page): void {
      // Ended while the answer was on its way, so the answer is no longer ours to apply.
      if (signal.aborted) return
      const { up_to_date: upToDate, poll_interval_ms: intervalMs } = page
      const applied = sink.apply(page)
      if (!applied) throw voidCursor()
      failures = 0
      quiet = applied.fresh ? 0 : quiet + 1
      // A page from the start says nothing on whether the log can be followed: only the end, reached from a cursor, does.
      if (upToDate && before.epoch !== null) voids = 0
      wasUpToDate ||= upToDate
      end(
        afterPage({
          finished: applied.finished,
          upToDate,
          ledOn: sink.cursor().from > before.from,
          isFollowed: !!follow,
          pauseMs: isDue ? 0 : pauseMs(intervalMs),
        }),
      )
    }

    function pauseMs(intervalMs: number): number {
      const told = intervalMs > 0 ? Math.min(intervalMs, longestIntervalMs) : activeMs
      const slowed = quiet ? Math.max(told, Math.min(quietMs, activeMs * 2 ** quiet)) : told
      // A server that does not wait is to be asked no more often than by polls.
      return eased(wait ? Math.max(0, (quiet ? slowed : apartMs) - since(askedAt)) : slowed)
    }

    function fail(thrown: unknown): void {
      if (signal.aborted) return
      const trouble = errorOf(thrown)
      const next = afterFailure(trouble, failures, voids, random())
      if (trouble.code === 'cursor_void') {
        voids++
        sink.reset()
      } else {
        failures++
        if (wait) passingMs = Math.max(leastWaitMs, Math.floor(wait / 2))
      }
      end(next)
    }

    const patienceMs = wait + answerWithinMs * 2 ** Math.min(failures, mostDoublings)
    within(patienceMs, () => fail(silenceOf(patienceMs)))
    read(before, signal, wait).then(take).catch(fail)
  }

  function wake(): void {
    passingMs = waitMs
    const next = moves[phase].wake
    if (next) go({ phase: next })
  }

  return {
    start() {
      const next = moves[phase].start
      if (!next) return
      wasUpToDate = false
      endWaking = platform.onWake(wake)
      const leftMs = hold ? hold.delayMs - since(hold.at) : 0
      go(
        hold && leftMs > 0
          ? { phase: 'held', delayMs: leftMs, error: hold.error }
          : { phase: next, error: null },
      )
    },
    stop() {
      const next = moves[phase].stop
      if (next) go({ phase: next, error: null })
    },
    wake() {
      isDue = true
      const next = moves[phase].look
      if (next) go({ phase: next })
    },
    go,
  }
}
