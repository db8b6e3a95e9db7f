import type { EventPage } from '@outlast/core/protocol'
import { errorOf, pageReader, silenceOf, voidCursor } from '../page-reader.ts'
import { backOff, backoffMs, pollLoop, type Turn } from '../polling/index.ts'
import type {
  StepDownReason,
  Transport,
  TransportContext,
  TransportInfo,
  TransportSink,
} from '../transport.ts'
import { type FollowStream, pageOf, type StreamNews } from './stream-news.ts'

/** A connection that lives is heard of every 15 s. */
const silenceMs = 35_000
/** To the first sign of life, where there is something else to turn to. */
const firstSignMs = 5_000
/** A connection that was heard of so long after its beginning is steady: what goes through it is not held back. */
const steadyMs = 1_000
const hiddenMs = 5_000
const longestHintMs = 30_000
const mostTroubles = 3

/** What following needs. */
export interface StreamLoopOptions extends TransportContext {
  name: string
  taskId: string
  follow: FollowStream
  sink: TransportSink
  giveUp: ((because: StepDownReason) => void) | undefined
}

/**
 * Follows a log over connections: a read says what there is, and what is wrong, in words; then a connection brings what
 * follows. Whether the task is there, and whose it is, a connection never decides: the read that comes after it does.
 */
export function streamLoop(options: StreamLoopOptions): Transport {
  const { name, taskId, follow, sink, giveUp, platform, random, clock } = options
  const via: TransportInfo = { name, steppedDownBecause: null }
  const readPage = pageReader(options, taskId)
  /** The latest page; there is one before there is a connection. */
  let base: EventPage
  /** Connections that ended before they were steady, since one was. */
  let troubles = 0
  /** Not a byte came over the latest connection, which is held against it if a plain read goes well. */
  let isSilent = false

  function connect({ signal, within, end }: Turn): void {
    function stepDown(because: StepDownReason): void {
      end({ phase: 'left' })
      giveUp?.(because)
    }
    if (isSilent) {
      stepDown('silent')
      return
    }
    let openedAt = 0
    let heardAt = 0

    /**
     * A connection that was steady is come back to by its cursor. One that was not is counted, and followed by a read:
     * news comes in any case, and a network that is down is nothing to step down for.
     *
     * @param how what the connection came to
     */
    function lose(how: unknown, because?: StepDownReason): void {
      if (signal.aborted) return
      const isEnd = how === null || typeof how === 'number'
      // Of no meaning where the connection was closed as connections are.
      const error = errorOf(how)
      const isPassing = isEnd || (error === how && error.transient && error.status !== 200)
      const reason = because ?? (isPassing ? 'unstable' : 'blocked')
      troubles = heardAt - openedAt < steadyMs ? troubles + 1 : 0
      if (giveUp && reason === 'silent') {
        isSilent = true
        end({ phase: 'reading' })
      } else if (giveUp && (reason === 'blocked' || troubles >= mostTroubles)) stepDown(reason)
      else if (isEnd) {
        const toldMs = Math.min(how || 0, longestHintMs)
        const pauseMs = how === null || troubles ? backoffMs(troubles, random()) : 0
        end({
          phase: toldMs ? 'held' : 'waiting',
          delayMs: Math.max(toldMs, pauseMs, platform.isVisible() ? 0 : hiddenMs),
          after: troubles ? 'reading' : 'following',
        })
      } else if (error.code === 'invalid_url') end({ phase: 'failed', error })
      else if (error.code === 'cursor_void' && troubles < 2) end({ phase: 'reading' })
      else end(backOff(troubles, error, random()))
    }

    const listen = (ms: number, because: StepDownReason): void =>
      within(ms, () => lose(silenceOf(ms), because))

    function receive(news: readonly StreamNews[]): void {
      if (signal.aborted) return
      heardAt = clock.now()
      openedAt ||= heardAt
      listen(silenceMs, 'unstable')
      try {
        if (news.length > 0) take(news)
      } catch (thrown) {
        lose(thrown)
      }
    }

    function take(news: readonly StreamNews[]): void {
      const page = pageOf(base, sink.cursor(), news)
      const applied = page && sink.apply(page)
      if (!applied) sink.reset()
      if (applied?.finished) end({ phase: 'done' })
      // What a reset means, or an end that is none, a read tells.
      else if (!applied || page.up_to_date) lose(voidCursor())
      else {
        base = page
        sink.report('live', null, via)
      }
    }

    listen(giveUp ? firstSignMs : silenceMs, 'silent')
    follow(sink.cursor, receive, signal).then(lose, lose)
  }

  return pollLoop({
    ...options,
    via,
    async read(...query) {
      try {
        base = await readPage(...query)
        return base
      } catch (error) {
        // The network is away, for which there is no better transport.
        isSilent = false
        throw error
      }
    },
    follow: connect,
  })
}
