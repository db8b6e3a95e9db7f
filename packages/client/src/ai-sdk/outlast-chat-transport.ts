import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import { type TaskClient, TaskClientError } from '../index.ts'
import { type ChatSendOptions, chatBody } from './chat-body.ts'
import { taskStream } from './task-stream.ts'

type SendOptions<Message extends UIMessage> = Parameters<ChatTransport<Message>['sendMessages']>[0]

/** Settings of an {@link OutlastChatTransport}. */
export interface OutlastChatTransportOptions<Message extends UIMessage = UIMessage> {
  client: Pick<TaskClient, 'start' | 'list' | 'cancel' | 'observe'>
  /** Makes the body that creates the task; default: {@link chatBody}. Its conversation MUST be the chat's id. */
  prepareBody?: ((options: ChatSendOptions<Message>) => unknown) | undefined
  /**
   * Whether resuming also streams the newest task of the conversation when it has ended already: for pages that keep
   * the messages themselves, and may have kept half of an answer. Default: false.
   */
  resumeFinished?: boolean | undefined
  /** Told when a stop could not be delivered, so that the task runs on; by default that error is left uncaught. */
  onStopError?: ((error: unknown) => void) | undefined
  /** At least 0, below 1; makes idempotency keys. Default: `Math.random`. */
  random?: (() => number) | undefined
}

/**
 * Lets `useChat` of the AI SDK work on tasks: sending starts one, its blocks become the answer, `stop()` stops it on the
 * server with its tools, and a page that comes back (`resume: true`), or a second tab, follows the task of its
 * conversation from the beginning. Leaving the page stops nothing.
 *
 * @example
 * const transport = new OutlastChatTransport({ client: new TaskClient() })
 * const { messages, sendMessage, stop } = useChat({ id: conversationId, transport, resume: true })
 */
export class OutlastChatTransport<Message extends UIMessage = UIMessage> implements ChatTransport<Message> {
  /** A resumed answer comes whole. */
  readonly resumeStreamIsReplay = true
  readonly #client: OutlastChatTransportOptions['client']
  readonly #prepareBody: (options: ChatSendOptions<Message>) => unknown
  readonly #resumeFinished: boolean
  readonly #onStopError: (error: unknown) => void
  readonly #random: () => number
  /** By chat: the create whose outcome is not known, as its answer may have been lost. */
  readonly #unsure: Map<string, { request: string; key: string }> = new Map()
  /** By chat: the task that was stopped here. Its end is still worth showing when it is no longer active. */
  readonly #stopped: Map<string, string> = new Map()
  #resumes = 0

  constructor(options: OutlastChatTransportOptions<Message>) {
    this.#client = options.client
    this.#prepareBody = options.prepareBody ?? chatBody
    this.#resumeFinished = options.resumeFinished ?? false
    this.#random = options.random ?? Math.random
    this.#onStopError =
      options.onStopError ??
      ((error) => {
        throw error
      })
  }

  /**
   * Starts a task and streams its answer. Met by a task of the same conversation that is still running, it streams that.
   *
   * @throws TaskClientError when the task could not be created
   */
  async sendMessages({
    abortSignal,
    headers,
    ...options
  }: SendOptions<Message>): Promise<ReadableStream<UIMessageChunk>> {
    const { chatId } = options
    const lastId = options.messages.at(-1)?.id
    // Not under the signal: a create that is cut off may have made a task that nobody would stop.
    const taskId = await this.#create(chatId, lastId, await this.#prepareBody(options))
    this.#stopped.delete(chatId)
    if (abortSignal?.aborted) this.#stop(chatId, taskId)
    return this.#follow(chatId, taskId, abortSignal)
  }

  /**
   * Streams the active task of the chat's conversation from its beginning, or the one that was just stopped here; with
   * `resumeFinished` the newest one, also when it has ended.
   *
   * @returns `null` when there is none
   * @throws TaskClientError when the server could not be asked
   */
  async reconnectToStream({
    chatId,
    abortSignal,
  }: {
    chatId: string
    abortSignal?: AbortSignal | undefined
  }): Promise<ReadableStream<UIMessageChunk> | null> {
    this.#resumes++
    const status = this.#resumeFinished ? undefined : 'active'
    const taskId = (await this.#newestTask(chatId, status, abortSignal)) ?? this.#stopped.get(chatId)
    this.#stopped.delete(chatId)
    return taskId === undefined ? null : this.#follow(chatId, taskId, abortSignal)
  }

  async #newestTask(
    conversationId: string,
    status: 'active' | undefined,
    signal?: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const { tasks } = await this.#client.list({ conversationId, status, limit: 1, signal })
    return tasks[0]?.task_id
  }

  async #create(chatId: string, lastId: string | undefined, body: unknown): Promise<string> {
    // Not a key of the message alone: it may be answered again, or be sent again with other words.
    const request = JSON.stringify([lastId, body])
    const unsure = this.#unsure.get(chatId)
    const key = unsure?.request === request ? unsure.key : `${this.#random()}-${this.#random()}`
    this.#unsure.set(chatId, { request, key })
    try {
      const { task_id } = await this.#client.start(body, { idempotencyKey: key })
      this.#unsure.delete(chatId)
      return task_id
    } catch (error) {
      // Its scope may hold a task of another conversation, whose answer has no place here.
      const running = TaskClientError.is(error, 'task_already_running') && error.task?.task_id
      if (running && running === (await this.#newestTask(chatId, 'active'))) return running
      throw error
    }
  }

  #follow(chatId: string, taskId: string, signal: AbortSignal | undefined): ReadableStream<UIMessageChunk> {
    signal?.addEventListener('abort', () => {
      // A chat that resumes again (StrictMode does so at once) aborts the resume before; that is no wish to stop.
      const resumes = this.#resumes
      queueMicrotask(() => {
        if (this.#resumes === resumes) this.#stop(chatId, taskId)
      })
    })
    return taskStream(this.#client.observe(taskId, { watermark: 0 }))
  }

  #stop(chatId: string, taskId: string): void {
    this.#stopped.set(chatId, taskId)
    this.#client.cancel(taskId).catch(this.#onStopError)
  }
}
