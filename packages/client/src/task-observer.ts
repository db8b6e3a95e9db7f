import type { Block, BlocksOutcome } from '@outlast/core/blocks'
import {
  type CancelAnswer,
  type InputAnswer,
  isFinalStatus,
  type ProgressData,
  type TaskInfo,
  type TaskStatus,
  type ToolCancelAnswer,
} from '@outlast/core/protocol'
import type { TaskClientError } from './errors.ts'
import { isLost } from './is-lost.ts'
import type { Platform } from './platform/index.ts'
import { type SnapshotSource, snapshotSource } from './snapshot-source.ts'
import type { GivenInput, TaskClient } from './task-client.ts'
import { applyPage, emptyLog, isFinished, type TaskLog } from './task-log.ts'
import type { Connection, Transport, TransportFactory, TransportInfo } from './transports/index.ts'

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
  /** Id of the answer, for the history to be matched by; the task's own where its events name none. */
  readonly messageId: string
  readonly conversationId: string | null
  readonly title: string | null
  /** The first idx that was not read yet. */
  readonly nextOffset: number
  /** Events are missing that the server no longer had: say so, the blocks are not all there ever were. */
  readonly truncated: boolean
  readonly connection: Connection
  /** What the log is read through; `null` before that is known. */
  readonly transport: TransportInfo | null
  /** Why the connection is `retrying` or `failed`. */
  readonly error: TaskClientError | null
  /** Blocks whose `start` is below this idx were there before; they appear without animation. */
  readonly watermark: number
}

/** What an observer is made of; `TaskClient.observe` puts it together. */
export interface TaskObserverOptions {
  taskId: string
  client: Pick<TaskClient, 'cancel' | 'cancelTool' | 'sendInput'>
  transport: TransportFactory
  platform: Pick<Platform, 'onFrame'>
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
  /** Calls `listener` after changes of the snapshot, at most once a frame, until the answer is called. */
  readonly subscribe: (listener: () => void) => () => void
  /** What is known now; immutable, and the same object until something changes. */
  readonly getSnapshot: () => TaskSnapshot
  readonly #client: TaskObserverOptions['client']
  readonly #transport: Transport
  readonly #source: SnapshotSource<TaskSnapshot>
  /** What was read, and what of it is shown: the first catch-up and a rebuild appear whole, never half. */
  #log: TaskLog
  #shown: TaskLog
  #link: Pick<TaskSnapshot, 'connection' | 'transport' | 'error'> = {
    connection: 'idle',
    transport: null,
    error: null,
  }
  /** Wishes to stop it that were not refused. */
  #cancels = 0
  /** Told `true` with the next page that was read, and `false` when there will be none. */
  #waiting: ((isRead: boolean) => void)[] = []

  constructor({ taskId, client, transport, platform, watermark }: TaskObserverOptions) {
    this.taskId = taskId
    this.#client = client
    this.#log = this.#shown = { ...emptyLog, watermark: watermark ?? null }
    this.#transport = transport({
      cursor: () => ({ from: this.#log.next, epoch: this.#log.epoch }),
      apply: (page) => {
        const before = this.#log
        const log = applyPage(before, page)
        if (log === null) return null
        this.#log = log
        this.#tellWaiting(true)
        return { fresh: log.next > before.next || log.task !== before.task, finished: isFinished(log) }
      },
      reset: () => {
        this.#log = emptyLog
      },
      report: (connection, error, via) => {
        this.#link = { connection, transport: via ?? this.#link.transport, error }
        if (this.#log.watermark !== null) this.#shown = this.#log
        this.#source.publish()
        if (this.#isAtRest()) this.#tellWaiting(false)
      },
    })
    this.#source = snapshotSource(() => this.#makeSnapshot(), this.#transport, platform)
    this.subscribe = this.#source.subscribe
    this.getSnapshot = this.#source.getSnapshot
  }

  /**
   * Asks for the task to be stopped, and shows `cancel_requested` at once. What was produced so far stays, and the
   * task's end arrives as for any other task. A wish that the network has swallowed is sent again when the log can be
   * read again: a stop that was asked for offline counts.
   *
   * @throws TaskClientError when it was refused, or cannot be delivered; the status is then shown as it was
   */
  async cancel(reason?: string): Promise<CancelAnswer> {
    try {
      this.#countCancel(1)
      for (let tries = 1; ; tries++) {
        let isUp = false
        const read = new Promise<boolean>((resolve) => this.#waiting.push(resolve))
        void read.then(() => {
          isUp = true
        })
        try {
          return await this.#lookAfter(this.#client.cancel(this.taskId, { reason }))
        } catch (error) {
          if (!isLost(error) || this.#isAtRest()) throw error
          // Reading goes well and this does not, so it is not the network. Once may be chance.
          const isNetwork = !isUp && error.status === null
          if ((tries > 1 && !isNetwork) || !(await read)) throw error
        }
      }
    } catch (error) {
      this.#countCancel(-1)
      throw error
    }
  }

  /** Cancels one running tool call; the task goes on. @throws TaskClientError */
  cancelTool(toolId: string): Promise<ToolCancelAnswer> {
    return this.#lookAfter(this.#client.cancelTool(this.taskId, toolId))
  }

  /** Answers a question of the task: an `input` block that is open. @throws TaskClientError */
  sendInput(input: GivenInput): Promise<InputAnswer> {
    return this.#lookAfter(this.#client.sendInput(this.taskId, input))
  }

  /** What was asked for has an effect that is in the log by now. */
  async #lookAfter<Answer>(request: Promise<Answer>): Promise<Answer> {
    const answer = await request
    this.#transport.wake()
    return answer
  }

  #isAtRest(): boolean {
    return ['idle', 'done', 'failed'].includes(this.#link.connection)
  }

  #tellWaiting(isRead: boolean): void {
    for (const tell of this.#waiting.splice(0)) tell(isRead)
  }

  #countCancel(change: 1 | -1): void {
    this.#cancels += change
    this.#source.flush()
  }

  #makeSnapshot(): TaskSnapshot {
    const { taskId } = this
    const { task, blocks, next, truncated, watermark } = this.#shown
    const { next: _, ...shown } = blocks
    const status = task?.status ?? null
    return {
      ...shown,
      ...this.#link,
      taskId,
      task,
      status: this.#cancels && !(status && isFinalStatus(status)) ? 'cancel_requested' : status,
      messageId: blocks.messageId ?? taskId,
      conversationId: blocks.conversationId ?? task?.conversation_id ?? null,
      nextOffset: next,
      truncated,
      watermark: watermark ?? next,
    }
  }
}
