import type { TaskRequest } from '../task-request.ts'
import type { Sendable } from './frame.ts'

/** The request that a socket was opened with. */
export type SocketRequest = Pick<TaskRequest, 'url' | 'basePath' | 'host' | 'headers' | 'raw'> & {
  /** A token that stood beside the headers, as in a subprotocol; `authenticate` finds it as `authorization`. */
  readonly token: string | null
}

/** One open socket; adapters make it of what their library has. Nothing is sent after `close`. */
export interface SocketSink {
  /** Sends a text message, of bytes that are UTF-8. Does nothing when the connection is gone. */
  send(text: Uint8Array): void
  /** Sends what is written out for many, in the form that fits the connection. Does nothing when the connection is gone. */
  sendFrame(frame: Sendable): void
  /** Bytes that were sent and that the client has not taken yet. */
  readonly pending: number
  /** Whether so much is pending that `onDrain` will be called when it has been taken. */
  readonly needsDrain: boolean
  /** Asks for a sign of life, which `onPong` is to be told of. */
  ping(): void
  close(code: number, reason: string): void
}

/** What an adapter tells of a socket. None of these throws. */
export interface SocketSession {
  /** A message has come, as text or as bytes that are UTF-8. */
  receive(message: Uint8Array): void
  onPong(): void
  /** Everything that was pending has been taken. */
  onDrain(): void
  /** The connection is gone, whoever ended it. */
  onClose(): void
}
