import type { Sendable } from './frame.ts'

/**
 * Where a push transport writes: one open answer, or one open socket. Adapters make it of what their framework has; it
 * holds no closure of the transport beside the two that it is given.
 */
export interface PushSink {
  /** Sends a frame, in the form that fits the connection. Does nothing when the connection is gone. */
  send(frame: Sendable): void
  /** Shows both ends that the connection lives. */
  beat(): void
  /** Bytes that were sent and that the client has not taken yet. */
  readonly pending: number
  /** Whether so much is pending that the body's `onDrain` will be called when it has been taken. */
  readonly needsDrain: boolean
  /** Ends the connection after what was sent. */
  end(): void
  /** Cuts the connection. */
  destroy(): void
}

/**
 * The body of an answer that stays open. An adapter sends the head, calls `open` and then tells what becomes of the
 * connection; when there is none any more, it calls `onClose` alone.
 */
export interface PushBody {
  /** Begins to write. Called once. */
  open(sink: PushSink): void
  /** The connection is gone, whoever ended it. */
  onClose(): void
  /** Everything that was pending has been taken. */
  onDrain(): void
}
