import type { EventQuery } from '../../store/index.ts'
import type { Query } from '../parse-query.ts'
import { readCursor, readInteger, readText, readWait } from '../query-reader.ts'
import type { RequestHeaders } from '../task-request.ts'
import { readFolds } from './read-folds.ts'

/** What a read of a task's log asks for. */
export interface ReadQuery {
  /** What the store is asked for. */
  readonly events: Partial<EventQuery> & { from: number }
  /** Of the log that the cursor belongs to; `null` when the client does not say. */
  readonly epoch: string | null
  /** Milliseconds that the client would wait for news. */
  readonly waitMs: number
  /** Of the answer that the client has already; `null` for none. */
  readonly knownTag: string | null
}

/**
 * Reads the query and headers of a read.
 *
 * @throws TaskError `invalid_cursor`, `invalid_input`
 */
export function readReadQuery(query: Query, headers: RequestHeaders): ReadQuery {
  return {
    events: readEventQuery(query),
    epoch: readText(query, 'epoch'),
    waitMs: readWait(query, headers),
    knownTag: headers.get('if-none-match'),
  }
}

/** Whoever can take a snapshot gets the smaller of snapshot and tail. */
function readEventQuery(query: Query): ReadQuery['events'] {
  const limit = readInteger(query, 'limit', 1)
  const maxBytes = readInteger(query, 'max_bytes', 1)
  const folds = readFolds(query)
  const events: ReadQuery['events'] = { from: readCursor(query) }
  if (limit !== null) events.limit = limit
  if (maxBytes !== null) events.maxBytes = maxBytes
  return folds === null ? events : { ...events, folds, prefer: 'smaller' }
}
