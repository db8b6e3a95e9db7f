import { checkedNumbers } from '../../checked-numbers.ts'
import { defaults } from '../../defaults.ts'

/** Times and bounds of the push transports; milliseconds and bytes. Each default is in `defaults.ts`. */
export interface PushLimits {
  /** A sign of life on a connection that has nothing else to say. */
  heartbeatMs: number
  /** A connection is asked to come back after this long, so that a load balancer can spread it anew. */
  recycleMs: number
  /** `authenticate` is asked again about a connection that has been open for this long, and then every so often. */
  reauthenticateMs: number
  /** What a reader may leave waiting before it is cut off; it comes back by its cursor. */
  maxPendingBytes: number
  /** Connections that one user may have open to this process. */
  maxWatchersPerUser: number
  /** A socket is asked for a sign of life this often, and closed when none has come by the next time. */
  pingMs: number
  /** Tasks that one socket may be subscribed to at a time. */
  maxSubscriptionsPerSocket: number
  /** News within so many milliseconds of the last is gathered into one write; 0: each append goes out as it comes. */
  batchMs: number
}

/**
 * Fills in the defaults.
 *
 * @throws TaskError `invalid_definition`
 */
export function pushLimits(given: Partial<PushLimits> = {}): PushLimits {
  const known: Record<keyof PushLimits, number> = {
    heartbeatMs: defaults.heartbeatMs,
    recycleMs: defaults.recycleMs,
    reauthenticateMs: defaults.reauthenticateMs,
    maxPendingBytes: defaults.maxPendingBytes,
    maxWatchersPerUser: defaults.maxWatchersPerUser,
    pingMs: defaults.pingMs,
    maxSubscriptionsPerSocket: defaults.maxSubscriptionsPerSocket,
    batchMs: defaults.batchMs,
  }
  // More often than that, and the signs of life would be all that the server does.
  return checkedNumbers('push limit', known, given, { least: { heartbeatMs: 1, pingMs: 1 } })
}
