import type { BuiltinEventType, TaskEvent } from '../protocol/index.ts'
import { addBlock, type BlockDraft } from './block-draft.ts'
import { contentHandlers } from './content-handlers.ts'
import type { Handlers } from './handler.ts'
import { type Fields, text } from './read-field.ts'
import { streamHandlers } from './stream-handlers.ts'
import { taskHandlers } from './task-handlers.ts'
import { toolHandlers } from './tool-handlers.ts'

// Without a prototype: the log may hold a type named `constructor`.
const handlers: Partial<Handlers> & { __proto__: null } = {
  __proto__: null,
  ...streamHandlers,
  ...toolHandlers,
  ...contentHandlers,
  ...taskHandlers,
}

/** Applies events to a draft, in ascending order of `idx`; those that it cannot apply are skipped. */
export function applyEvents(draft: BlockDraft, events: readonly TaskEvent[]): void {
  if (!Array.isArray(events)) return
  for (const event of events as readonly TaskEvent[]) {
    try {
      const { idx, type, data } = event
      if (Number.isSafeInteger(idx) && idx >= draft.state.next) {
        // Also when the event turns out to be unreadable: its idx is spent.
        draft.state.next = idx + 1
        const handler = handlers[type as BuiltinEventType]
        if (handler) handler(draft, (data ?? {}) as Fields, idx)
        else addBlock(draft, 'custom', idx, { event: text(type), data: data ?? null })
      }
    } catch {
      // Not an event at all, one without a field that it needs, or one that no engine can apply (a text beyond the
      // longest string). The log is the truth, also where it is broken: what follows must still be shown.
    }
  }
}
