import { type Sendable, sseComment } from './frame.ts'
import type { PushBody, PushSink } from './push-sink.ts'

/** An open answer of a `fetch` handler: what is sent goes into a web stream. */
class StreamSink implements PushSink {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>
  readonly #onClose: () => void
  #isOpen = true

  constructor(controller: ReadableStreamDefaultController<Uint8Array>, onClose: () => void) {
    this.#controller = controller
    this.#onClose = onClose
  }

  // With a high-water mark of 0 the desired size is what waits, below zero.
  get pending(): number {
    return this.#isOpen ? -(this.#controller.desiredSize ?? 0) : 0
  }

  get needsDrain(): boolean {
    return this.pending > 0
  }

  send(frame: Sendable): void {
    if (this.#isOpen) this.#controller.enqueue(frame.bytes('sse'))
  }

  beat(): void {
    if (this.#isOpen) this.#controller.enqueue(sseComment.sse)
  }

  end(): void {
    if (!this.#isOpen) return
    this.#controller.close()
    this.closed()
  }

  destroy(): void {
    if (!this.#isOpen) return
    this.#controller.error(new Error('the reader was too slow'))
    this.closed()
  }

  /** The other side is gone, or this one has closed. */
  closed(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClose()
  }
}

/** The web stream of a body that stays open. */
export function streamOf(body: PushBody): ReadableStream<Uint8Array> {
  let sink: StreamSink
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        sink = new StreamSink(controller, () => body.onClose())
        body.open(sink)
      },
      pull() {
        if (sink.pending === 0) body.onDrain()
      },
      cancel: () => sink.closed(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  )
}
