import type { Sendable, SocketSession, SocketSink, TaskHandler } from '../../../src/http/index.ts'
import type { SocketClientMessage, SocketServerMessage } from '../../../src/protocol/index.ts'
import { messageOf } from './fake-log.ts'

/** A socket without a network: it keeps what it is sent, and takes it as slowly as a test wants. */
export class FakeSocket implements SocketSink {
  readonly messages: SocketServerMessage[] = []
  readonly sizes: number[] = []
  closed: { code: number; reason: string } | null = null
  pings = 0
  pending = 0
  /** Whether the other end takes what it is sent. */
  isReading = true
  readonly session: SocketSession

  constructor(
    { openSocket }: Pick<TaskHandler, 'openSocket'>,
    {
      user,
      ...more
    }: { user?: string; token?: string; cookie?: string; origin?: string; host?: string } = {},
  ) {
    const headers = new Headers({
      ...(user !== undefined && { 'x-user': user }),
      ...(more.cookie !== undefined && { cookie: more.cookie }),
      ...(more.origin !== undefined && { origin: more.origin }),
    })
    this.session = openSocket(
      {
        url: '/ws',
        basePath: '/api/tasks',
        host: more.host ?? 'app.example',
        headers,
        raw: null,
        token: more.token ?? null,
      },
      this,
    )
  }

  get needsDrain(): boolean {
    return this.pending > 16_384
  }

  send(text: Uint8Array): void {
    if (this.closed !== null) throw new Error('sent after close')
    this.messages.push(messageOf(text))
    this.sizes.push(text.byteLength)
    if (!this.isReading) this.pending += text.byteLength
  }

  sendFrame(frame: Sendable): void {
    this.send(frame.bytes('socket'))
  }

  ping(): void {
    this.pings++
  }

  close(code: number, reason: string): void {
    if (this.closed !== null) throw new Error('closed twice')
    this.closed = { code, reason }
  }

  /** The client says something. */
  say(message: SocketClientMessage): void {
    this.session.receive(Buffer.from(JSON.stringify(message)))
  }

  /** The client takes what was sent. */
  drain(): void {
    this.pending = 0
    this.session.onDrain()
  }

  of<Op extends SocketServerMessage['op']>(op: Op): Extract<SocketServerMessage, { op: Op }>[] {
    return this.messages.filter((message) => message.op === op) as Extract<SocketServerMessage, { op: Op }>[]
  }

  indexes(taskId?: string): number[] {
    return this.of('events')
      .filter(({ task_id }) => taskId === undefined || task_id === taskId)
      .flatMap(({ events }) => events.map(({ idx }) => idx))
  }

  get bytes(): number {
    return this.sizes.reduce((sum, size) => sum + size, 0)
  }
}
