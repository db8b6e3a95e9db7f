import type { Block, BlocksOutcome } from '@outlast/core/blocks'
import {
  type CancelAnswer,
  type EventPage,
  isFinalStatus,
  type ProgressData,
  type TaskInfo,
  type TaskStatus,
} from '@outlast/core/protocol'
import type { TaskClientError } from './errors.ts'
import { applyPage, emptyLog, isFinished, type TaskLog } from './task-log.ts'
import type { AppliedPage, Connection, Transport, TransportFactory } from './transports/index.ts'

/** All that a screen shows of a task. Another object as soon as, and only when, anything in it changed. */
export interface TaskSnapshot {
  readonly taskId: string
  /** The task's record, `null` before the first answer; its `elapsed_ms` is as of the latest change. */
  readonly task: TaskInfo | null
  /** `null` before the first answer; `cancel_requested` from the call of `cancel` until the task's end. */
  readonly status: TaskStatus | null
  readonly blocks: readonly Block[]
  readonly progress: ProgressData | null
  /** Data of the latest `token_update`. */
  readonly usage: Readonly<Record<string, unknown>> | null
  /** How the task ended; `null` until its terminal event. */
  readonly outcome: BlocksOutcome | null
  readonly messageId: string | null
  readonly conversationId: string | null
  readonly title: string | null
  /** The first idx that was not read yet. */
  readonly nextOffset: number
  /** Events are missing that the server no longer had: say so, the blocks are not all there ever were. */
  readonly truncated: boolean
  readonly connection: Connection
  /** Why the connection is `retrying` or `failed`. */
  readonly error: TaskClientError | null
  /** Blocks whose `start` is below this idx were there before; they appear without animation. */
  readonly watermark: number
}

/** What an observer is made of; `TaskClient.observe` puts it together. */
export interface TaskObserverOptions {
  taskId: string
  transport: TransportFactory
  cancel(reason: string | undefined): Promise<CancelAnswer>
  /** Idx from which on blocks animate; default: the end of the log when it is first read. */
  watermark: number | undefined
}

/**
 * Follows one task for any number of listeners. Reading starts with the first listener and stops with the last;
 * the task itself knows nothing of that and runs on. `subscribe` and `getSnapshot` need no `this`, and suit React's
 * `useSyncExternalStore` as they are.
 */
export class TaskObserver {
  readonly taskId: string
  readonly #cancel: TaskObserverOptions['cancel']
  readonly #transport: Transport
  readonly #listeners: Set<() => void> = new Set()
  /** What was read, and what of it is shown: the first catch-up and a rebuild appear whole, never half. */
  #log: TaskLog
  #shown: TaskLog
  #connection: Connection = 'idle'
  #error: TaskClientError | null = null
  #canceling = false
  #snapshot: TaskSnapshot

  constructor({ taskId, transport, cancel, watermark }: TaskObserverOptions) {
    this.taskId = taskId
    this.#cancel = cancel
    this.#log = this.#shown = { ...emptyLog, watermark: watermark ?? null }
    this.#snapshot = this.#makeSnapshot()
    this.#transport = transport({
      cursor: () => ({ from: this.#log.next, epoch: this.#log.epoch }),
      apply: (page) => this.#apply(page),
      reset: () => {
        this.#log = emptyLog
      },
      report: (connection, error) => {
        if (this.#log.watermark !== null) this.#shown = this.#log
        this.#connection = connection
        this.#error = error
        this.#publish()
      },
    })
  }

  /** Calls `listener` after every change of the snapshot, until the answer is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const entry = (): void => listener() // The same function may listen twice.
    if (this.#listeners.size === 0) this.#transport.start()
    this.#listeners.add(entry)
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#transport.stop()
    }
  }

  /** What is known now; immutable, and the same object until something changes. */
  readonly getSnapshot = (): TaskSnapshot => this.#snapshot

  /**
   * Asks for the task to be stopped, and shows `cancel_requested` at once. What was produced so far stays, and the
   * task's end arrives as for any other task.
   *
   * @throws TaskClientError when the wish could not be delivered; the status is then shown as it was
   */
  async cancel(reason?: string): Promise<CancelAnswer> {
    this.#showCanceling(true)
    try {
      const answer = await this.#cancel(reason)
      this.#transport.wake()
      return answer
    } catch (error) {
      this.#showCanceling(false)
      throw error
    }
  }

  #showCanceling(canceling: boolean): void {
    this.#canceling = canceling
    this.#publish()
  }

  #apply(page: EventPage): AppliedPage | null {
    const before = this.#log
    const log = applyPage(before, page)
    if (log === null) return null
    this.#log = log
    return { fresh: log.next > before.next || log.task !== before.task, finished: isFinished(log) }
  }

  #makeSnapshot(): TaskSnapshot {
    const { task, blocks, next, truncated, watermark } = this.#shown
    const canceling = this.#canceling && !(task && isFinalStatus(task.status))
    return {
      taskId: this.taskId,
      task,
      status: canceling ? 'cancel_requested' : (task?.status ?? null),
      blocks: blocks.blocks,
      progress: blocks.progress,
      usage: blocks.usage,
      outcome: blocks.outcome,
      messageId: blocks.messageId,
      conversationId: blocks.conversationId ?? task?.conversation_id ?? null,
      title: blocks.title,
      nextOffset: next,
      truncated,
      connection: this.#connection,
      error: this.#error,
      watermark: watermark ?? next,
    }
  }

  #publish(): void {
    const before = this.#snapshot
    const snapshot = this.#makeSnapshot()
    if ((Object.keys(snapshot) as (keyof TaskSnapshot)[]).every((key) => snapshot[key] === before[key]))
      return
    this.#snapshot = snapshot
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        // One broken listener must not silence the others, nor stop the reading; its error surfaces as uncaught.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
