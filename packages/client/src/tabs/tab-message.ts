import type { EventPage } from '@outlast/core/protocol'
import type { Cursor } from '../transports/index.ts'

/** What tabs of one viewer tell each other. */
export type TabMessage =
  /** The leader has read this. */
  | { type: 'page'; page: EventPage }
  /** The leader is there; of these tasks, by id, it follows the log, and has read this far. */
  | { type: 'beat'; hidden: boolean; cursors: ReadonlyMap<string, Cursor> }
  /** Somebody shows this task, and has read this far. */
  | { type: 'want'; taskId: string; cursor: Cursor }
  /** Something has probably changed in this task: the leader is to look at once. */
  | { type: 'wake'; taskId: string }
