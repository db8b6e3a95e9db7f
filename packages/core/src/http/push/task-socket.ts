import { TaskError } from '../../errors.ts'
import { allTasks, socketCloseCodes } from '../../protocol/index.ts'
import type { Viewer } from '../authenticate.ts'
import { errorBody } from '../error-response.ts'
import type { HandlerContext } from '../handler-options.ts'
import { takePoint } from '../rate-limit.ts'
import type { Sendable } from './frame.ts'
import type { PushConnection, PushHub } from './push-hub.ts'
import { restartPause } from './restart-pause.ts'
import { SendCredit } from './send-credit.ts'
import { socketBounds } from './socket-bounds.ts'
import { SocketLogin } from './socket-login.ts'
import { parseSocketMessage, type SocketCommand } from './socket-message.ts'
import type { SocketRequest, SocketSession, SocketSink } from './socket-sink.ts'
import { TaskSubscriptions } from './task-subscriptions.ts'

/** What a socket stands on. */
export type SocketContext = Pick<
  HandlerContext,
  'manager' | 'hub' | 'authenticate' | 'allowedOrigins' | 'rateLimit' | 'report'
>

/** What a message in the inbox costs beside its bytes. */
const inboxEntryBytes = 100

/** One open socket: who is there, and what it is subscribed to. */
export class TaskSocket implements PushConnection, SocketSession {
  readonly #context: SocketContext
  readonly #hub: PushHub
  readonly #sink: SocketSink
  readonly #raw: unknown
  readonly #login: SocketLogin
  readonly #credit: SendCredit = new SendCredit()
  readonly #openedAt: number
  readonly #cancelLoginLimit: () => void
  #subscriptions: TaskSubscriptions | null = null
  #leaveUser: (() => void) | null = null
  #leaveFeed: (() => void) | null = null
  #askedAt: number
  #pingedAt: number
  #isAnswering = true
  /** Messages wait in the inbox, in order, while `authenticate` is asked. */
  #isLoggingIn = false
  #inbox: Uint8Array[] = []
  #inboxBytes = 0
  #badMessages = 0
  #largestBytes = 0
  #whenDrained: (() => void)[] = []
  #isClosed = false

  constructor(context: SocketContext, request: SocketRequest, sink: SocketSink) {
    const { hub } = context
    this.#context = context
    this.#hub = hub
    this.#sink = sink
    this.#raw = request.raw
    this.#login = new SocketLogin(request, context)
    this.#openedAt = hub.clock.now()
    this.#askedAt = this.#openedAt
    this.#pingedAt = this.#openedAt
    this.#cancelLoginLimit = hub.clock.schedule(() => this.#loginIsLate(), socketBounds.loginMs)
    hub.add(this)
    if (hub.isClosed) this.recycle(restartPause(0, 1))
    else this.#logIn(request.token)
  }

  receive(message: Uint8Array): void {
    if (this.#isClosed) return
    this.#isAnswering = true
    if (!this.#isLoggingIn) {
      this.#handle(message)
      return
    }
    this.#inboxBytes += message.byteLength + inboxEntryBytes
    if (this.#inboxBytes > socketBounds.inboxBytes) this.#close('tooMany', 'too many messages at once')
    else this.#inbox.push(message)
  }

  onPong(): void {
    this.#isAnswering = true
  }

  onDrain(): void {
    const waiting = this.#whenDrained
    this.#whenDrained = []
    for (const resolve of waiting) resolve()
  }

  onClose(): void {
    this.#stop()
    // Not before: a client that was cut off counts until what it left unread is gone.
    this.#leaveUser?.()
    this.#leaveUser = null
  }

  recycle(afterMs = 0): void {
    this.#close('restart', `retry_ms=${afterMs}`)
  }

  pulse(now: number): void {
    if (this.#isClosed) return
    const { recycleMs, reauthenticateMs, pingMs, heartbeatMs } = this.#hub.limits
    if (now - this.#openedAt >= recycleMs) {
      this.recycle()
      return
    }
    if (this.#login.viewer !== null && !this.#isLoggingIn && now - this.#askedAt >= reauthenticateMs) {
      this.#logIn(this.#login.token)
    }
    // Pulses come a little early or late.
    if (now - this.#pingedAt < pingMs - heartbeatMs / 2) return
    if (!this.#isAnswering) {
      this.#close('slowReader', 'no answer to a ping')
      return
    }
    this.#isAnswering = false
    this.#pingedAt = now
    this.#sink.ping()
  }

  #logIn(token: string | null): void {
    this.#isLoggingIn = true
    this.#askedAt = this.#hub.clock.now()
    this.#login
      .logIn(token)
      .then((viewer) => this.#admit(viewer))
      .catch((error: unknown) => this.#isClosed || this.#refuse(error, token))
      .then(() => this.#emptyInbox())
  }

  /** @throws TaskError `rate_limited` */
  async #admit(viewer: Viewer): Promise<void> {
    if (this.#subscriptions !== null) return
    await this.#takePoint(viewer)
    if (this.#isClosed) return
    const { userId } = viewer
    this.#leaveUser = this.#hub.enter(userId)
    this.#cancelLoginLimit()
    this.#subscriptions = new TaskSubscriptions({
      manager: this.#context.manager,
      feeds: this.#hub.feeds,
      userId,
      credit: this.#credit,
      takePoint: () => this.#takePoint(viewer),
      send: (frame) => this.#sendFrame(frame),
      drained: () => this.#drained(),
      onFailure: (taskId, error) => this.#fail(error, taskId),
    })
  }

  #refuse(error: unknown, token: string | null): void {
    if (TaskError.is(error, 'forbidden_origin')) this.#close('forbiddenOrigin', 'foreign origin')
    else if (TaskError.is(error, 'rate_limited')) this.#close('tooMany', 'too many connections')
    else if (!TaskError.is(error, 'unauthenticated')) {
      this.#context.report(error)
      this.#close('failed', 'the server failed')
    }
    // A socket that was opened without a token may still be sent one.
    else if (token !== null || this.#login.viewer !== null) this.#close('unauthenticated', 'sign in')
  }

  async #takePoint(viewer: Viewer): Promise<void> {
    const { rateLimit, report } = this.#context
    const asked = { request: { raw: this.#raw }, viewer, isWrite: false }
    if (rateLimit !== null) await takePoint(rateLimit, asked, report)
  }

  #loginIsLate(): void {
    this.#close('unauthenticated', 'no token came')
  }

  #emptyInbox(): void {
    this.#isLoggingIn = false
    const inbox = this.#inbox
    this.#inbox = []
    this.#inboxBytes = 0
    for (const message of inbox) this.receive(message)
  }

  #handle(message: Uint8Array): void {
    let command: SocketCommand
    try {
      command = parseSocketMessage(message)
      this.#obey(command)
    } catch (error) {
      this.#fail(error, null)
      this.#badMessages++
      if (this.#badMessages >= socketBounds.badMessages) this.#close('tooMany', 'too many bad messages')
    }
  }

  #obey(command: SocketCommand): void {
    switch (command.op) {
      case 'ping':
        this.#sendJson({ op: 'pong' })
        break
      case 'auth':
        this.#logIn(command.token)
        break
      case 'ack':
        this.#acknowledge(command.bytes)
        break
      case 'subscribe':
        this.#subscribe(command)
        break
      case 'unsubscribe':
        this.#unsubscribe(command.taskId)
    }
  }

  #acknowledge(bytes: number): void {
    this.#credit.acknowledged(bytes)
    if (!this.#credit.isSpent) this.#subscriptions?.resume()
  }

  #subscribe({ taskId, from, epoch, folds }: SocketCommand & { op: 'subscribe' }): void {
    const { viewer } = this.#login
    const subscriptions = this.#subscriptions
    if (viewer === null || subscriptions === null) {
      throw new TaskError('unauthenticated', 'Send {"op":"auth","token":…} first.')
    }
    const isNew = taskId === allTasks ? this.#leaveFeed === null : !subscriptions.has(taskId)
    const size = subscriptions.size + (this.#leaveFeed === null ? 0 : 1)
    if (isNew && size >= this.#hub.limits.maxSubscriptionsPerSocket) {
      const sentence = 'The socket has too many subscriptions. End some, or open another socket.'
      this.#fail(new TaskError('quota_reached', sentence), taskId)
    } else if (taskId === allTasks) {
      if (isNew) this.#watchUser(viewer)
    } else subscriptions.subscribe({ taskId, cursor: from, epoch, folds })
  }

  /** Asked for again, it is followed already. */
  #watchUser(viewer: Viewer): void {
    let leave = (): void => {}
    let isWanted = true
    this.#leaveFeed = () => {
      isWanted = false
      leave()
    }
    this.#takePoint(viewer).then(
      () => {
        if (isWanted)
          leave = this.#hub.users.attach(viewer.userId, { send: (frame) => this.#sendFrame(frame) })
      },
      (error: unknown) => {
        if (!isWanted) return
        this.#leaveFeed = null
        this.#fail(error, allTasks)
      },
    )
  }

  #unsubscribe(taskId: string): void {
    if (taskId === allTasks) {
      this.#leaveFeed?.()
      this.#leaveFeed = null
    } else this.#subscriptions?.unsubscribe(taskId)
  }

  /** Tells the client of a refusal, and the application of a fault that is the server's own. */
  #fail(error: unknown, taskId: string | null): void {
    this.#context.report(error)
    const { code, error: sentence, issues } = errorBody(error)
    this.#sendJson({ op: 'error', task_id: taskId, code, error: sentence, ...(issues && { issues }) })
  }

  #sendJson(message: unknown): void {
    this.#send(Buffer.from(JSON.stringify(message)))
  }

  #send(text: Uint8Array): void {
    if (this.#isClosed) return
    this.#sink.send(text)
    this.#sent(text.byteLength)
  }

  #sendFrame(frame: Sendable): void {
    if (this.#isClosed) return
    this.#sink.sendFrame(frame)
    this.#sent(frame.bytes('socket').byteLength)
  }

  #sent(bytes: number): void {
    this.#credit.sent(bytes)
    // One message may be larger than the bound, such as a snapshot; that alone is nobody's slowness.
    this.#largestBytes = Math.max(this.#largestBytes, bytes)
    if (this.#sink.pending <= this.#hub.limits.maxPendingBytes + this.#largestBytes) return
    this.#close('slowReader', 'the client does not read')
  }

  #drained(): Promise<void> {
    if (this.#isClosed || !this.#sink.needsDrain) return Promise.resolve()
    return new Promise((resolve) => this.#whenDrained.push(resolve))
  }

  #close(why: keyof typeof socketCloseCodes, reason: string): void {
    if (this.#isClosed) return
    this.#stop()
    this.#sink.close(socketCloseCodes[why], reason)
  }

  #stop(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelLoginLimit()
    this.#inbox = []
    this.#subscriptions?.close()
    this.#leaveFeed?.()
    this.#leaveFeed = null
    this.#hub.remove(this)
    this.onDrain()
  }
}
