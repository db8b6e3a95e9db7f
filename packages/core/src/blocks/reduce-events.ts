import type { BuiltinEventType, TaskEvent } from '../protocol/index.ts'
import type { BlocksState } from './block.ts'
import { addBlock, type BlockDraft, beginBatch, endBatch } from './block-draft.ts'
import {
  addError,
  addFile,
  addSource,
  answerInput,
  payloadHandler,
  requestInput,
} from './content-handlers.ts'
import type { Handler } from './handler.ts'
import { type Fields, readNumber } from './read-field.ts'
import { appendStream, endStream, startStream } from './stream-handlers.ts'
import {
  completeTask,
  resetAttempt,
  resolveConversation,
  setProgress,
  setUsage,
  startMessage,
} from './task-handlers.ts'
import { toJson } from './to-json.ts'
import { prepareTool, startTool, updateTool } from './tool-handlers.ts'

const handlers: Readonly<Record<BuiltinEventType, Handler>> = {
  ai_message_start: startMessage,
  thinking_start: startStream('thinking'),
  thinking_chunk: appendStream('thinking'),
  thinking_end: endStream('thinking'),
  text_start: startStream('text'),
  text_chunk: appendStream('text'),
  text_end: endStream('text'),
  tool_intent: prepareTool,
  tool_preparing: prepareTool,
  tool_start: startTool,
  update_action: updateTool,
  append_payload: payloadHandler('append'),
  modify_payload: payloadHandler('modify'),
  source: addSource,
  file: addFile,
  progress: setProgress,
  token_update: setUsage,
  conversation_resolved: resolveConversation,
  input_request: requestInput,
  input_response: answerInput,
  error: addError,
  attempt_reset: resetAttempt,
  task_complete: completeTask,
}

/** The state of an empty log. */
export const initialBlocks: BlocksState = {
  next: 0,
  blocks: [],
  messageId: null,
  conversationId: null,
  title: null,
  progress: null,
  usage: null,
  outcome: null,
}

function applyEvent(draft: BlockDraft, event: TaskEvent): void {
  const idx = readNumber(event.idx)
  if (idx === null || !Number.isSafeInteger(idx) || idx < draft.state.next) return
  draft.state.next = idx + 1
  const { type, data } = event
  // `hasOwn`: the log may hold a type named `constructor`.
  if (Object.hasOwn(handlers, type)) handlers[type as BuiltinEventType](draft, (data ?? {}) as Fields, idx)
  else if (typeof type === 'string') {
    addBlock(draft, { type: 'custom', key: `custom:${idx}`, start: idx, event: type, data: toJson(data) })
  }
}

/**
 * Applies events to a state: the fold from log to screen.
 *
 * Pure, linear in the number of events, and total: malformed events are skipped or read as far as they go, and
 * unknown types become custom blocks. Events below `state.next` are ignored, so pages may overlap; whoever cares
 * about a gap compares `state.next` with the first idx beforehand. A block that does not change keeps its
 * identity, and so does the state when nothing was applied. Events must not be changed afterwards: the state
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
      // Not an event at all, or one that no engine can apply (a text beyond the longest string, a getter that
      // throws). The log is the truth, also where it is broken: what follows must still be shown.
    }
  }
  const result = endBatch(draft)
  return result.next === state.next ? state : result
}
