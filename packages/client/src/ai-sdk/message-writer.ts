import type { Block, BlocksOutcome } from '@outlast/core/blocks'
import { isFinalStatus } from '@outlast/core/protocol'
import type { FinishReason, UIMessageChunk } from 'ai'
import type { TaskSnapshot } from '../index.ts'
import { blockChunks, endChunks, isOpen, isUnsettled, type SentBlock } from './block-chunks.ts'
import type { OutlastDataParts } from './data-parts.ts'

/** Metadata of a message that a task answers with. */
export interface OutlastMetadata {
  taskId: string
  /** Data of the latest `token_update`. */
  usage?: Readonly<Record<string, unknown>>
  /** The server no longer had some events: the parts are not all there ever were. */
  truncated?: true
  /** The task was running before: what was sent to get this message is not part of it. */
  attached?: true
}

/** What is written of a task's snapshot. */
export type WrittenSnapshot = Pick<
  TaskSnapshot,
  | 'taskId'
  | 'task'
  | 'blocks'
  | 'progress'
  | 'title'
  | 'usage'
  | 'outcome'
  | 'messageId'
  | 'truncated'
  | 'connection'
  | 'error'
>

/** Blocks that come from the model itself. */
const spoken: ReadonlySet<Block['type']> = new Set(['text', 'thinking', 'source', 'file'])

const finishReasons = ['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other'] as const

/** The model's own reason, where the task's result tells it as `forwardAiSdkStream` does. */
function finishReasonOf(result: unknown): FinishReason {
  const { finishReason } = Object(result) as { finishReason?: unknown }
  return finishReasons.find((reason) => reason === finishReason) ?? 'stop'
}

type Ending = Pick<BlocksOutcome, 'status' | 'reason' | 'error' | 'result'>

/** How the task ended; `null` while it has not. A log that lost its end leaves it to the record. */
function endingOf({ outcome, task, connection }: WrittenSnapshot): Ending | null {
  if (outcome || connection !== 'done' || !task || !isFinalStatus(task.status)) return outcome
  const { status, stop, error, result } = task
  return { status, reason: stop?.reason ?? null, error, result }
}

function endingChunk({ status, reason, error, result }: Ending): UIMessageChunk {
  if (status === 'canceled') return { type: 'abort', ...(reason !== null && { reason }) }
  if (status === 'failed') return { type: 'error', errorText: error ?? reason ?? 'The task failed.' }
  return { type: 'finish', finishReason: finishReasonOf(result) }
}

/**
 * Turns the snapshots of one task into the chunks of one message of the AI SDK: what has grown since the snapshot
 * before. What the SDK cannot take back is followed by a `data-withdrawn` part, and by what stands in its place.
 */
export class MessageWriter {
  readonly #sent: SentBlock[] = []
  #started = false
  /** Number of the current step, which may not be open. */
  #step = 0
  #stepOpen = false
  #withdrawals = 0
  #shown: Pick<WrittenSnapshot, 'progress' | 'title' | 'usage' | 'truncated'> = {
    progress: null,
    title: null,
    usage: null,
    truncated: false,
  }
  #isInterrupted = false
  readonly #origin: Pick<OutlastMetadata, 'attached'>

  /** @param origin what the metadata says beside the snapshots */
  constructor(origin: Pick<OutlastMetadata, 'attached'> = {}) {
    this.#origin = origin
  }

  /** The chunks from the snapshot before to this one; nothing may be written after the end. */
  write(snapshot: WrittenSnapshot): { chunks: UIMessageChunk[]; ended: boolean } {
    const { taskId, blocks, messageId, connection, error } = snapshot
    const ending = endingOf(snapshot)
    const hasFailed = connection === 'failed' && !ending
    const chunks = this.#news(snapshot)
    if (!this.#started) {
      // Not before the id is known, if there will be one: it cannot be changed later.
      const isNamed = messageId !== taskId || blocks.length > 0
      if (!isNamed && !ending && !hasFailed) return { chunks, ended: false }
      this.#started = true
      chunks.push({ type: 'start', messageId, messageMetadata: { taskId, ...this.#origin } })
    }
    this.#grow(blocks, chunks)
    this.#describe(snapshot, chunks)
    if (!ending && !hasFailed) return { chunks, ended: false }
    chunks.push(...this.#sent.flatMap(endChunks))
    this.#endStep(chunks)
    chunks.push(
      ending
        ? endingChunk(ending)
        : { type: 'error', errorText: error?.message ?? 'The task is out of reach.' },
    )
    return { chunks, ended: true }
  }

  /** What is worth knowing as it happens, and is no part of the message. */
  #news({ progress, title, connection, error }: WrittenSnapshot): UIMessageChunk[] {
    const { progress: progressBefore, title: titleBefore } = this.#shown
    this.#shown = { ...this.#shown, progress, title }
    const chunks: UIMessageChunk[] = []
    const tell = <Name extends keyof OutlastDataParts>(name: Name, data: OutlastDataParts[Name]): void => {
      chunks.push({ type: `data-${name}`, data, transient: true })
    }
    if (progress && progress !== progressBefore) tell('progress', progress)
    if (title !== null && title !== titleBefore) tell('title', { title })
    const isInterrupted = connection === 'retrying'
    if (isInterrupted !== this.#isInterrupted) {
      this.#isInterrupted = isInterrupted
      tell('connection', { connection, error: error?.message ?? null })
    }
    return chunks
  }

  #describe({ taskId, usage, truncated }: WrittenSnapshot, chunks: UIMessageChunk[]): void {
    const { usage: usageBefore, truncated: truncatedBefore } = this.#shown
    if (usage === usageBefore && truncated === truncatedBefore) return
    this.#shown = { ...this.#shown, usage, truncated }
    const messageMetadata: OutlastMetadata = {
      taskId,
      ...(usage && { usage }),
      ...(truncated && { truncated }),
    }
    chunks.push({ type: 'message-metadata', messageMetadata })
  }

  #grow(blocks: readonly Block[], chunks: UIMessageChunk[]): void {
    for (const [position, entry] of this.#sent.entries()) {
      const block = blocks[position]
      if (block === entry.block) continue
      const isInStep = this.#stepOpen && entry.step === this.#step
      const grown = block ? blockChunks(block, entry.block, entry.id, isInStep) : null
      if (!block || !grown) {
        this.#withdraw(position, chunks)
        break
      }
      chunks.push(...grown)
      entry.block = block
    }
    for (const block of blocks.slice(this.#sent.length)) this.#add(block, chunks)
  }

  #add(block: Block, chunks: UIMessageChunk[]): void {
    const opensStep = !this.#stepOpen || this.#beginsStep(block)
    if (opensStep) {
      this.#endStep(chunks)
      chunks.push({ type: 'start-step' })
      this.#stepOpen = true
      this.#step++
    }
    const id = this.#withdrawals > 0 ? `${block.key}~${this.#withdrawals}` : block.key
    chunks.push(...(blockChunks(block, null, id, true) ?? []))
    this.#sent.push({ block, id, step: this.#step, parts: opensStep ? 2 : 1 })
  }

  /** Logs know no steps. A model that speaks after its tools were done has read their results: the next step. */
  #beginsStep({ type }: Block): boolean {
    if (!spoken.has(type)) return false
    let hasTool = false
    for (let position = this.#sent.length - 1; position >= 0; position--) {
      const sent = this.#sent[position]
      if (sent?.step !== this.#step) break
      if (isOpen(sent.block)) return false
      hasTool ||= sent.block.type === 'tool'
    }
    return hasTool
  }

  #endStep(chunks: UIMessageChunk[]): void {
    if (this.#stepOpen) chunks.push({ type: 'finish-step' })
    this.#stepOpen = false
  }

  /** Takes back everything from a block on, and what could not go on in another step. */
  #withdraw(position: number, chunks: UIMessageChunk[]): void {
    const unsettled = this.#sent.findIndex(({ block }) => isUnsettled(block))
    const dropped = this.#sent.splice(unsettled < 0 ? position : Math.min(position, unsettled))
    chunks.push(...dropped.flatMap(endChunks))
    this.#endStep(chunks)
    this.#withdrawals++
    const parts = dropped.reduce((sum, sent) => sum + sent.parts, 0)
    chunks.push({ type: 'data-withdrawn', data: { parts } })
  }
}
