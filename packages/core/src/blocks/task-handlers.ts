import type { BlocksState } from './block.ts'
import { type BlockDraft, closeBlocks, ownBlocks } from './block-draft.ts'
import type { Handlers } from './handler.ts'
import { readChoice, readNumber, readText, required } from './read-field.ts'
import { toJson } from './to-json.ts'

function closeStreams(draft: BlockDraft): void {
  closeBlocks(draft, 'text', { open: false })
  closeBlocks(draft, 'thinking', { open: false })
}

/** What concerns the task as a whole. */
export const taskHandlers: Handlers<
  | 'ai_message_start'
  | 'progress'
  | 'token_update'
  | 'conversation_resolved'
  | 'attempt_reset'
  | 'task_complete'
> = {
  // A new answer, which ends what was streaming in the one before.
  ai_message_start(draft, data) {
    closeStreams(draft)
    draft.state.messageId = readText(data.message_id)
  },
  progress({ state }, data) {
    state.progress = {
      done: required(readNumber(data.done)),
      total: required(readNumber(data.total)),
      unit: readText(data.unit),
      message: readText(data.message),
      eta_ms: readNumber(data.eta_ms),
    }
  },
  token_update({ state }, data) {
    const usage = toJson(data)
    if (typeof usage === 'object' && !Array.isArray(usage)) state.usage = usage as BlocksState['usage']
  },
  conversation_resolved({ state }, data) {
    state.conversationId = required(readText(data.conversation_id))
    state.title = readText(data.title) ?? state.title
  },
  // What the abandoned attempt showed goes before the next one begins: the last blocks, since they stand in the
  // order of their start.
  attempt_reset(draft, data) {
    const keepBefore = required(readNumber(data.keep_before))
    while ((draft.state.blocks.at(-1)?.start ?? -Infinity) >= keepBefore) ownBlocks(draft).pop()
    draft.state.outcome = null
  },
  // The manager has closed every block before it writes this; a log that was cut or repaired may lack that, and a
  // finished task must not show anything as still going on.
  task_complete(draft, data) {
    const status = required(readChoice(data.status, 'succeeded', 'failed', 'canceled'))
    if (draft.state.outcome) return
    closeStreams(draft)
    closeBlocks(draft, 'input', { outcome: 'canceled' })
    closeBlocks(draft, 'tool', {
      status: status === 'failed' ? status : 'canceled',
      message: 'The task ended before this tool did.',
    })
    draft.state.outcome = {
      status,
      reason: readText(data.reason),
      actor: readText(data.actor),
      error: readText(data.error),
      code: readText(data.code),
      result: toJson(data.result),
    }
  },
}
