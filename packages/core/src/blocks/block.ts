import type { InputOutcome, ProgressData, ToolStatus } from '../protocol/index.ts'

interface BlockBase {
  /** Stable within a task: derived from the log, never from chance. */
  readonly key: string
  /** Idx of the event that began the block. */
  readonly start: number
}

/** The model's reasoning. */
export interface ThinkingBlock extends BlockBase {
  readonly type: 'thinking'
  readonly id: string | null
  readonly content: string
  /** True until its `thinking_end`: more may come. */
  readonly open: boolean
}

/** Text of the answer. */
export interface TextBlock extends BlockBase {
  readonly type: 'text'
  readonly id: string | null
  readonly content: string
  /** True until its `text_end`: more may come. */
  readonly open: boolean
}

/** One tool call: one block per id, whatever order its events came in. */
export interface ToolBlock extends BlockBase {
  readonly type: 'tool'
  readonly id: string
  readonly name: string
  readonly intent: string | null
  readonly status: ToolStatus
  /** Arguments as far as they have streamed in, as text; empty when they came whole. */
  readonly argumentsText: string
  /** Arguments as given to the tool; `null` before `tool_start`. */
  readonly arguments: unknown
  /** The latest interim result; stays as it was when the call has ended, `null` when there was none. */
  readonly output: unknown
  /** What the call left in the end; `null` before its final status. */
  readonly result: unknown
  readonly message: string | null
  /** Progress of the tool itself, as it reported it. */
  readonly progress: number | null
}

/** A file operation: `append_payload` events of one path are gathered, `modify_payload` stands alone. */
export interface PayloadBlock extends BlockBase {
  readonly type: 'payload'
  readonly operation: 'append' | 'modify'
  readonly path: string
  readonly content: string
  /** The event's other fields. */
  readonly details: Readonly<Record<string, unknown>>
}

/** A citation. */
export interface SourceBlock extends BlockBase {
  readonly type: 'source'
  readonly url: string
  readonly title: string | null
}

/** A generated file. */
export interface FileBlock extends BlockBase {
  readonly type: 'file'
  readonly mediaType: string
  readonly url: string
}

/** A question to the user. */
export interface InputBlock extends BlockBase {
  readonly type: 'input'
  readonly id: string
  readonly prompt: string
  readonly schema: unknown
  /** Float seconds since 1970, or `null`. */
  readonly expiresAt: number | null
  readonly outcome: InputOutcome | null
  readonly value: unknown
}

/** An error of the run. */
export interface ErrorBlock extends BlockBase {
  readonly type: 'error'
  readonly message: string
  readonly code: string | null
}

/** An event of the application's own, or of a type that this version does not know. */
export interface CustomBlock extends BlockBase {
  readonly type: 'custom'
  readonly event: string
  readonly data: unknown
}

/** A unit of UI. */
export type Block =
  | ThinkingBlock
  | TextBlock
  | ToolBlock
  | PayloadBlock
  | SourceBlock
  | FileBlock
  | InputBlock
  | ErrorBlock
  | CustomBlock

/** How a task ended, as its `task_complete` says. */
export interface BlocksOutcome {
  readonly status: 'succeeded' | 'failed' | 'canceled'
  readonly reason: string | null
  readonly actor: string | null
  readonly error: string | null
  readonly code: string | null
  readonly result: unknown
}

/** The fold of a log: all that a screen shows. Plain JSON; never changed in place. */
export interface BlocksState {
  /** Idx of the next event to apply; events below it are ignored, which makes folding idempotent. */
  readonly next: number
  readonly blocks: readonly Block[]
  readonly messageId: string | null
  readonly conversationId: string | null
  readonly title: string | null
  readonly progress: ProgressData | null
  /** Data of the latest `token_update`. */
  readonly usage: Readonly<Record<string, unknown>> | null
  /** `null` until the task's `task_complete`. */
  readonly outcome: BlocksOutcome | null
}
