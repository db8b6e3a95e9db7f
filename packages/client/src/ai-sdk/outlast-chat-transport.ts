import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import { type TaskClient, TaskClientError } from '../index.ts'
import { type ChatSendOptions, chatBody } from './chat-body.ts'
import { MessageWriter } from './message-writer.ts'
import { taskStream } from './task-stream.ts'

type SendOptions<Message extends UIMessage> = Parameters<ChatTransport<Message>['sendMessages']>[0]

/** Settings of an {@link OutlastChatTransport}. */
export interface OutlastChatTransportOptions<Message extends UIMessage = UIMessage> {
  client: Pick<TaskClient, 'start' | 'list' | 'cancel' | 'observe'>
  /** Makes the body that creates the task; default: {@link chatBody}. Its conversation MUST be the chat's id. */
  prepareBody?: ((options: ChatSendOptions<Message>) => unknown) | undefined
  /**
   * What becomes of a new message while a task of the conversation runs and the server allows one at a time. `reject`,
   * the default: `sendMessages` rejects with `task_already_running`. `attach`: the message is dropped, and the running
   * task's answer is shown, with `attached` in its metadata. Regenerating always attaches.
   */
  whileRunning?: 'reject' | 'attach' | undefined
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

/** A create that has made no task, as far as is known: its answer may have been lost. */
interface Create {
  /** Two that are alike ask for one task. */
  readonly request: string
  readonly key: string
  /** A task was in the way that has nothing to do with what was to be sent. */
  refused?: true
}

/** The task of an answer, and whether it was running before. */
interface Answering {
  taskId: string
  attached?: true
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
  readonly #whileRunning: 'reject' | 'attach'
  readonly #resumeFinished: boolean
  readonly #onStopError: (error: unknown) => void
  readonly #random: () => number
  /** By chat: the create whose outcome is not known, or that was refused. */
  readonly #creates: Map<string, Create> = new Map()
  /** By chat: the create or the stop that is under way. What is sent next must find what it has led to. */
  readonly #underWay: Map<string, Promise<unknown>> = new Map()
  /** By chat: the task that was stopped here. Its end is still worth showing when it is no longer active. */
  readonly #stopped: Map<string, string> = new Map()
  /** By chat: the task that was streamed last, and what its stream is to end with. */
  readonly #streamed: Map<string, { taskId: string; last: UIMessageChunk[] }> = new Map()
  /** By chat: how often it was resumed. */
  readonly #resumes: Map<string, number> = new Map()

  constructor(options: OutlastChatTransportOptions<Message>) {
    this.#client = options.client
    this.#prepareBody = options.prepareBody ?? chatBody
    this.#whileRunning = options.whileRunning ?? 'reject'
    this.#resumeFinished = options.resumeFinished ?? false
    this.#random = options.random ?? Math.random
    this.#onStopError =
      options.onStopError ??
      ((error) => {
        throw error
      })
  }

  /**
   * Starts a task and streams its answer. A task that was asked to stop is given the time to end before; what becomes of
   * a message that meets another one, `whileRunning` says.
   *
   * @throws TaskClientError when the task could not be created
   */
  async sendMessages({
    abortSignal,
    headers,
    ...options
  }: SendOptions<Message>): Promise<ReadableStream<UIMessageChunk>> {
    const { chatId } = options
    const body = await this.#prepareBody(options)
    await this.#underWay.get(chatId)
    const start = this.#start(options, body, abortSignal)
    this.#underWay.set(chatId, Promise.allSettled([start]))
    const answering = await start
    // What was sent is aborted by `stop` alone.
    abortSignal?.addEventListener('abort', () => void this.#stop(chatId, answering.taskId))
    return this.#follow(chatId, answering)
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
    this.#resumes.set(chatId, this.#resumesOf(chatId) + 1)
    const status = this.#resumeFinished ? undefined : 'active'
    const taskId = (await this.#newestTask(chatId, status, abortSignal)) ?? this.#stopped.get(chatId)
    this.#stopped.delete(chatId)
    if (taskId === undefined) return null
    abortSignal?.addEventListener('abort', () => {
      // A chat that resumes again (StrictMode does so at once) aborts the resume before; that is no wish to stop.
      const resumes = this.#resumesOf(chatId)
      queueMicrotask(() => {
        if (this.#resumesOf(chatId) === resumes) void this.#stop(chatId, taskId)
      })
    })
    return this.#follow(chatId, { taskId })
  }

  #resumesOf(chatId: string): number {
    return this.#resumes.get(chatId) ?? 0
  }

  async #newestTask(
    conversationId: string,
    status: 'active' | undefined,
    signal?: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const { tasks } = await this.#client.list({ conversationId, status, limit: 1, signal })
    return tasks[0]?.task_id
  }

  async #start(
    options: ChatSendOptions<Message>,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Answering> {
    const { chatId } = options
    // Not under the signal: a create that is cut off may have made a task that nobody would stop.
    const answering = await this.#create(options, body, signal)
    this.#stopped.delete(chatId)
    if (signal?.aborted) await this.#stop(chatId, answering.taskId)
    return answering
  }

  async #create(
    options: ChatSendOptions<Message>,
    body: unknown,
    signal: AbortSignal | undefined,
    ended?: string,
  ): Promise<Answering> {
    const { chatId, trigger, messages } = options
    // Not a key of the message alone: it may be answered again, or be sent again with other words.
    const request = JSON.stringify([messages.at(-1)?.id, body])
    let create = this.#creates.get(chatId)
    if (create?.request !== request) create = { request, key: `${this.#random()}-${this.#random()}` }
    this.#creates.set(chatId, create)
    try {
      const { task_id: taskId } = await this.#client.start(body, { idempotencyKey: create.key })
      this.#creates.delete(chatId)
      return { taskId }
    } catch (error) {
      if (!TaskClientError.is(error, 'task_already_running') || !error.task) throw error
      const { task_id: taskId, status } = error.task
      if (status === 'cancel_requested' && taskId !== ended) {
        const end = taskStream(this.#client.observe(taskId))
        await end.pipeTo(new WritableStream(), signal && { signal })
        return this.#create(options, body, signal, taskId)
      }
      const isWanted =
        this.#whileRunning === 'attach' || (trigger === 'regenerate-message' && !create.refused)
      if (isWanted) {
        const active = await this.#newestTask(chatId, 'active')
        if (active === taskId) return { taskId, attached: true }
        // It has ended meanwhile; or it is one of another conversation, whose answer has no place here, and is met again.
        if (active === undefined && taskId !== ended) return this.#create(options, body, signal, taskId)
      }
      create.refused = true
      const streamed = this.#streamed.get(chatId)
      // The chat forgets the error as soon as more of the running answer comes.
      if (streamed?.taskId === taskId) {
        streamed.last.push({ type: 'error', errorText: 'Not sent: another answer was being written.' })
      }
      throw error
    }
  }

  #follow(chatId: string, { taskId, ...origin }: Answering): ReadableStream<UIMessageChunk> {
    const last: UIMessageChunk[] = []
    this.#streamed.set(chatId, { taskId, last })
    return taskStream(this.#client.observe(taskId, { watermark: 0 }), new MessageWriter(origin), last)
  }

  #stop(chatId: string, taskId: string): Promise<unknown> {
    this.#stopped.set(chatId, taskId)
    const asked = this.#client.cancel(taskId)
    asked.catch(this.#onStopError)
    const settled = Promise.allSettled([asked])
    this.#underWay.set(chatId, settled)
    return settled
  }
}
