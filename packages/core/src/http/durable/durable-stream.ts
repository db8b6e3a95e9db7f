import type { Clock } from '../../clock.ts'
import {
  chunked,
  EventStream,
  type EventStreamStart,
  type Frame,
  type PushHub,
  type Reach,
  type Sendable,
} from '../push/index.ts'
import { formatOffset, type LogPosition } from './offset.ts'
import { streamCursor } from './stream-cursor.ts'

/**
 * One open event stream of a log in the words of Durable Streams: `data` with a list of events, and behind each of them
 * `control`, which says where to go on. What is not in the log, such as a status, has no word there.
 */
export class DurableStream extends EventStream {
  readonly #clock: Clock
  /** The `cursor` of the request. */
  readonly #sentCursor: string | null
  /** The state that was last told to the client; empty before the first time. */
  #toldState = ''
  #isOver = false

  /** @throws TaskError `rate_limited` when the user has too many connections */
  constructor(hub: PushHub, start: EventStreamStart & { sentCursor: string | null }) {
    super(hub, start)
    this.#clock = hub.clock
    this.#sentCursor = start.sentCursor
  }

  override send(frame: Frame): void {
    if (this.#isOver) return
    const { news, epoch } = frame
    switch (news.type) {
      case 'events': {
        const next = news.from + news.events.length
        const data = `event: data\ndata:[${news.events.join(',')}]\n\n`
        this.sendBytes(textOf(data + this.#control({ idx: next, epoch }, news.reach)))
        return
      }
      case 'end':
        this.#tell(epoch, 'end')
        return
      case 'reset':
        // The client comes back with the offset it has, and is told then that it is void.
        this.#isOver = true
        this.onEnd()
    }
  }

  override onCaughtUp(): void {
    this.#tell(this.epoch ?? '', 'tail')
  }

  /** Says where the client stands, unless it has just been told. */
  #tell(epoch: string, reach: 'tail' | 'end'): void {
    const position = { idx: this.cursor, epoch }
    if (this.#isOver || this.#toldState === stateOf(formatOffset(position), reach)) return
    this.sendBytes(textOf(this.#control(position, reach)))
  }

  #control(position: LogPosition, reach: Reach): string {
    const streamNextOffset = formatOffset(position)
    this.#toldState = stateOf(streamNextOffset, reach)
    const control = {
      streamNextOffset,
      // Nobody comes back to a stream that has ended.
      ...(reach !== 'end' && { streamCursor: streamCursor(this.#clock.now(), this.#sentCursor) }),
      ...(reach !== 'page' && { upToDate: true }),
      ...(reach === 'end' && { streamClosed: true }),
    }
    return `event: control\ndata:${JSON.stringify(control)}\n\n`
  }
}

function stateOf(offset: string, reach: Reach): string {
  return `${offset} ${reach}`
}

function textOf(text: string): Sendable {
  return { bytes: (form) => (form === 'sse_chunked' ? chunked(text) : Buffer.from(text)) }
}
