import { polling } from '../polling/index.ts'
import type { ClientTransport, StepDownReason, Transport, TransportInfo } from '../transport.ts'
import { sse } from './sse.ts'
import { websocket } from './websocket.ts'

type Maker = ReturnType<ClientTransport>

/**
 * Takes the first of several transports that gets through, and goes on with the next one from the same cursor when it
 * does not; `transport` of the snapshot says which it is, and why. What one task has found out holds for those that are
 * observed after it.
 *
 * @param ways best first; default: WebSocket, event stream, long-poll
 *
 * @example
 * const client = new TaskClient({ transport: auto() })
 */
export function auto(
  ways: readonly [ClientTransport, ...ClientTransport[]] = [websocket(), sse(), polling('long-poll')],
): ClientTransport {
  return (context) => {
    const makers = ways.map((way) => way(context))
    /** The first that is not known to fail, and why those before it did. */
    let best = 0
    let whyBest: StepDownReason | null = null

    return (taskId, giveUp) => (sink) => {
      const use = (way: number, because: StepDownReason | null): Transport => {
        let info: TransportInfo | undefined
        const stepDown = (reason: StepDownReason): void => {
          if (way === best) {
            best++
            whyBest = reason
          }
          current = use(way + 1, reason)
          current.start()
        }
        const make = makers[way] as Maker
        const factory = make(taskId, makers[way + 1] ? stepDown : giveUp)
        return factory({
          ...sink,
          report(connection, error, via) {
            // The same object as long as it says the same: watchers compare by identity.
            if (via && info?.name !== via.name) info = because ? { ...via, steppedDownBecause: because } : via
            sink.report(connection, error, info)
          },
        })
      }
      let current = use(best, whyBest)
      return { start: () => current.start(), stop: () => current.stop(), wake: () => current.wake() }
    }
  }
}
