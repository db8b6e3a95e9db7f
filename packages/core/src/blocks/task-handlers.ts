import type { BlocksState, InputBlock, ToolBlock } from './block.ts'
import { closeStreams, draftOf, patchBlock } from './block-draft.ts'
import type { Handlers } from './handler.ts'
import { isActive } from './is-active.ts'
import { choice, number, optionalNumber, optionalText, required, text } from './read-field.ts'

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
    draft.state.messageId = optionalText(data.message_id)
  },
  progress({ state }, data) {
    state.progress = {
      done: number(data.done),
      total: number(data.total),
      unit: optionalText(data.unit),
      message: optionalText(data.message),
      eta_ms: optionalNumber(data.eta_ms),
    }
  },
  token_update({ state }, data) {
    number(data.total)
    state.usage = data as BlocksState['usage']
  },
  conversation_resolved({ state }, data) {
    state.conversationId = text(data.conversation_id)
    state.title = optionalText(data.title) ?? state.title
  },
  // What the abandoned attempt showed goes before the next one begins: the last blocks, since they stand in the
  // order of their start.
  attempt_reset(draft, data) {
    const keepBefore = number(data.keep_before)
    const blocks = draft.blocks.filter(({ start }) => start < keepBefore)
    if (blocks.length < draft.blocks.length) Object.assign(draft, draftOf({ ...draft.state, blocks }))
    draft.state.outcome = null
  },
  // The manager has closed every block before it writes this; a log that was cut or repaired may lack that, and a
  // finished task must not show anything as still going on.
  task_complete(draft, data) {
    const status = required(choice(data.status, 'succeeded', 'failed', 'canceled'))
    if (draft.state.outcome) return
    closeStreams(draft)
    draft.blocks.forEach((block, position) => {
      if (block.type === 'input' && block.outcome === null)
        patchBlock<InputBlock>(draft, position, { outcome: 'canceled' })
      if (block.type === 'tool' && isActive(block.status))
        patchBlock<ToolBlock>(draft, position, {
          status: status === 'failed' ? status : 'canceled',
          message: 'The task ended before this tool did.',
        })
    })
    draft.state.outcome = {
      status,
      reason: optionalText(data.reason),
      actor: optionalText(data.actor),
      error: optionalText(data.error),
      code: optionalText(data.code),
      result: data.result ?? null,
    }
  },
}
