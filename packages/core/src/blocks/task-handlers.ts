import type { BlocksState } from './block.ts'
import { type BlockDraft, closeBlocks, dropBlocks } from './block-draft.ts'
import type { Handler } from './handler.ts'
import { readChoice, readNumber, readText } from './read-field.ts'
import { toJson } from './to-json.ts'

function closeStreams(draft: BlockDraft): void {
  closeBlocks(draft, 'text', { open: false })
  closeBlocks(draft, 'thinking', { open: false })
}

/** `ai_message_start`: a new answer, which ends what was streaming in the one before. */
export const startMessage: Handler = (draft, data) => {
  closeStreams(draft)
  draft.state.messageId = readText(data.message_id)
}

/** `progress`: the latest wins. */
export const setProgress: Handler = ({ state }, data) => {
  const done = readNumber(data.done)
  const total = readNumber(data.total)
  if (done === null || total === null) return
  state.progress = {
    done,
    total,
    unit: readText(data.unit),
    message: readText(data.message),
    eta_ms: readNumber(data.eta_ms),
  }
}

/** `token_update`: the latest wins. */
export const setUsage: Handler = ({ state }, data) => {
  const usage = toJson(data)
  if (typeof usage === 'object' && !Array.isArray(usage)) state.usage = usage as BlocksState['usage']
}

/** `conversation_resolved`: the conversation's id, and its title once there is one. */
export const resolveConversation: Handler = ({ state }, data) => {
  const id = readText(data.conversation_id)
  if (id === null) return
  state.conversationId = id
  state.title = readText(data.title) ?? state.title
}

/** `attempt_reset`: what the abandoned attempt showed goes, before the next one begins. */
export const resetAttempt: Handler = (draft, data) => {
  const keepBefore = readNumber(data.keep_before)
  if (keepBefore === null) return
  dropBlocks(draft, keepBefore)
  draft.state.outcome = null
}

/**
 * `task_complete`: the outcome. The manager has closed every block before it writes this; a log that was cut or
 * repaired may lack that, and a finished task must not show anything as still going on.
 */
export const completeTask: Handler = (draft, data) => {
  const status = readChoice(data.status, 'succeeded', 'failed', 'canceled')
  if (status === null || draft.state.outcome) return
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
}
