import type { Append } from '../../store/index.ts'
import type { TaskChanges } from './task-row.ts'

/** The columns of the record that an append replaces. */
export function appendFields({ carry, patch }: Append): TaskChanges {
  const changes: TaskChanges = {}
  if (carry !== undefined) changes.carry = carry
  if (patch?.conversationId !== undefined) changes.conversation_id = patch.conversationId
  if (patch?.summary !== undefined) changes.summary = patch.summary
  if (patch?.progress !== undefined) changes.progress = patch.progress
  return changes
}
