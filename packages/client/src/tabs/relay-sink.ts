import { isFinalStatus } from '@outlast/core/protocol'
import type { Cursor, TransportSink } from '../transports/index.ts'

/** A sink for a task that this tab does not show: it keeps the cursor alone, as folding is up to those who show it. */
export function relaySink(cursor: Cursor): TransportSink {
  return {
    cursor: () => cursor,
    apply({ epoch, next_offset, status, up_to_date }) {
      const { from } = cursor
      if (cursor.epoch !== null && epoch !== cursor.epoch) return null
      cursor = { from: Math.max(from, next_offset), epoch }
      return { fresh: next_offset > from, finished: up_to_date && isFinalStatus(status) }
    },
    reset() {
      cursor = { from: 0, epoch: null }
    },
    report() {},
  }
}
