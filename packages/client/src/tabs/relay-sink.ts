import { isFinalStatus } from '@outlast/core/protocol'
import type { Cursor, TransportSink } from '../transports/index.ts'

/** A sink for a task that this tab does not show: it keeps the cursor alone, as folding is up to those who show it. */
export function relaySink(cursor: Cursor): Omit<TransportSink, 'report'> {
  return {
    cursor: () => cursor,
    apply({ epoch, next_offset, status, up_to_date }) {
      if ((cursor.epoch ?? epoch) !== epoch) return null
      const fresh = next_offset > cursor.from
      cursor = { from: fresh ? next_offset : cursor.from, epoch }
      return { fresh, finished: up_to_date && isFinalStatus(status) }
    },
    reset() {
      cursor = { from: 0, epoch: null }
    },
  }
}
