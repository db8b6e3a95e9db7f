import type { ErrorBlock, InputBlock, PayloadBlock } from '@outlast/core/blocks'
import type { ProgressData } from '@outlast/core/protocol'
import type { Connection } from '../index.ts'
import type { WithdrawnData } from './current-parts.ts'

/** What a block tells beside its place in the log. */
type Told<B> = Omit<B, 'key' | 'start' | 'type'>

/**
 * The data of the `data-…` parts that a task's message may have, by name; add those of your own events.
 *
 * @example
 * type Message = UIMessage<OutlastMetadata, OutlastDataParts & { x_chart: { points: number[] } }>
 */
export type OutlastDataParts = {
  /** A question of the task; `outcome` is `null` while it is open. */
  input: Told<InputBlock>
  error: Told<ErrorBlock>
  payload: Told<PayloadBlock>
  withdrawn: WithdrawnData
  /** Transient, as all below: `onData` is told, the message does not hold it. */
  progress: ProgressData
  title: { title: string }
  'tool-progress': { toolCallId: string; message: string | null; progress: number | null }
  /** Reading was interrupted (`retrying`, and why), or goes on. The task itself runs on. */
  connection: { connection: Connection; error: string | null }
}
