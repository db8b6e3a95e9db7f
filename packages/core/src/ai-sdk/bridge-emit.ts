import type { TaskEventData } from '../protocol/index.ts'

/** The events that a stream of the AI SDK becomes. */
export type BridgeEvents = Pick<
  TaskEventData,
  | 'text_start'
  | 'text_chunk'
  | 'text_end'
  | 'thinking_start'
  | 'thinking_chunk'
  | 'thinking_end'
  | 'tool_preparing'
  | 'tool_start'
  | 'update_action'
  | 'source'
  | 'file'
  | 'token_update'
>

/** Writes one of them into the log. */
export type BridgeEmit = <Type extends keyof BridgeEvents>(type: Type, data: BridgeEvents[Type]) => void
