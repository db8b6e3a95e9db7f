import type { EventPage } from '@outlast/core/protocol'
import type { Cursor } from '../transports/index.ts'

/** What tabs of one viewer tell each other. */
export type TabMessage =
  /** The leader has read this; without events, it follows the task, and has read this far. */
  | { type: 'page'; page: EventPage }
  /** The leader is there. */
  | { type: 'beat'; hidden: boolean }
  /**
   * Somebody shows this task, and has read this far. With `wake`, something has probably changed in it: the leader is
   * to look at once.
   */
  | { type: 'want'; taskId: string; cursor: Cursor; wake: boolean }

/** Whether it is one: any script of the same origin can speak on the channel. A page is looked at where it is applied. */
export function isTabMessage(data: unknown): data is TabMessage {
  const { type, page, taskId, cursor } = Object(data)
  return (
    type === 'beat' ||
    (type === 'page' && !!page) ||
    (type === 'want' && typeof taskId === 'string' && Number.isSafeInteger(cursor?.from))
  )
}
