import { polling } from '../polling/index.ts'
import type {
  ClientTransport,
  StepDownReason,
  Transport,
  TransportInfo,
  TransportSink,
} from '../transport.ts'
import { sse } from './sse.ts'
import { websocket } from './websocket.ts'

type Maker = ReturnType<ClientTransport>
type Makers = readonly [Maker, ...Maker[]]

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
    const [first, ...others] = ways
    let best: Makers = [first(context), ...others.map((way) => way(context))]
    let whyBest: StepDownReason | null = null

    return (taskId, giveUp) => (sink) => {
      const use = ([make, ...plainer]: Makers, because: StepDownReason | null): Transport => {
        let info: TransportInfo | undefined
        const named: TransportSink = {
          cursor: () => sink.cursor(),
          apply: (page) => sink.apply(page),
          reset: () => sink.reset(),
          report(connection, error, via) {
            // The same object as long as it says the same: watchers compare by identity.
            if (via && info?.name !== via.name) info = because ? { ...via, steppedDownBecause: because } : via
            sink.report(connection, error, info)
          },
        }
        const [next, ...rest] = plainer
        if (!next) return make(taskId, giveUp)(named)
        return make(taskId, (reason) => {
          if (plainer.length < best.length) {
            best = [next, ...rest]
            whyBest = reason
          }
          current = use([next, ...rest], reason)
          current.start()
        })(named)
      }
      let current = use(best, whyBest)
      return { start: () => current.start(), stop: () => current.stop(), wake: () => current.wake() }
    }
  }
}
