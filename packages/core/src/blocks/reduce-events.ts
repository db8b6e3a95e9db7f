import type { BuiltinEventType, TaskEvent } from '../protocol/index.ts'
import type { BlocksState } from './block.ts'
import { addBlock, type BlockDraft, beginBatch, endBatch } from './block-draft.ts'
import { contentHandlers } from './content-handlers.ts'
import { copyState } from './copy-state.ts'
import type { Handlers } from './handler.ts'
import type { Fields } from './read-field.ts'
import { streamHandlers } from './stream-handlers.ts'
import { taskHandlers } from './task-handlers.ts'
import { toJson } from './to-json.ts'
import { toolHandlers } from './tool-handlers.ts'

const handlers: Handlers = { ...streamHandlers, ...toolHandlers, ...contentHandlers, ...taskHandlers }

/** The state of an empty log. */
export const initialBlocks: BlocksState = copyState({})

function applyEvent(draft: BlockDraft, event: TaskEvent): void {
  // Adding 0 turns -0 into 0, which JSON would do too.
  const idx = event.idx + 0
  if (!Number.isSafeInteger(idx) || idx < draft.state.next) return
  // Also when the event turns out to be unreadable: its idx is spent.
  draft.state.next = idx + 1
  const { type, data } = event
  // `hasOwn`: the log may hold a type named `constructor`.
  if (Object.hasOwn(handlers, type)) handlers[type as BuiltinEventType](draft, (data ?? {}) as Fields, idx)
  else if (typeof type === 'string') addBlock(draft, 'custom', idx, { event: type, data: toJson(data) })
}

/**
 * Applies events to a state: the fold from log to screen.
 *
 * Pure, linear in the number of events (each batch also copies the list of blocks once), and total: malformed events
 * are skipped or read as far as they go, and unknown types become custom blocks. Events below `state.next` are
 * ignored, so pages may overlap; whoever cares about a gap compares `state.next` with the first idx beforehand. A block
 * that does not change keeps its identity, and so does the state when nothing was applied. Events must not be changed afterwards: the state
 * shares their arguments, results and custom data.
 *
 * @param state a state that this function made, or a snapshot of the fold `blocks@1`
 * @param events in ascending order of `idx`
 */
export function reduceEvents(state: BlocksState, events: readonly TaskEvent[]): BlocksState {
  if (!Array.isArray(events)) return state
  const draft = beginBatch(state)
  for (const event of events as readonly TaskEvent[]) {
    try {
      applyEvent(draft, event)
    } catch {
      // Not an event at all, one without a field that it needs, or one that no engine can apply (a text beyond the
      // longest string, a getter that throws). The log is the truth, also where it is broken: what follows must
      // still be shown.
    }
  }
  const result = endBatch(draft)
  return result.next === state.next ? state : result
}
