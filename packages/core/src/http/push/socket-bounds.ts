/** Bounds of every socket; bytes and milliseconds. */
export const socketBounds = {
  /** Of one message of a client: the largest carries a token. */
  messageBytes: 16_384,
  /** What a client that acknowledges may leave unacknowledged before its subscriptions wait. */
  unacknowledgedBytes: 262_144,
  /** Until a token has come, on a socket that was opened without one. */
  loginMs: 10_000,
  /** Messages that were refused for their form, until the socket is closed. */
  badMessages: 20,
  /** Messages that wait while `authenticate` is asked. */
  inboxBytes: 65_536,
} as const
