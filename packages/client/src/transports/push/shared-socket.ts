import { blockFold } from '@outlast/core/blocks'
import {
  type RequestErrorCode,
  type SocketClientMessage,
  type SocketServerMessage,
  socketPath,
} from '@outlast/core/protocol'
import { TaskClientError } from '../../errors.ts'
import type { RequestOptions } from '../../send-request.ts'
import type { Cursor } from '../transport.ts'
import type { FollowStream, StreamNews } from './stream-news.ts'

/** What of a WebSocket is used; browsers' own, Node's and those of `ws` have it. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(): void
}

/** One who follows a task through the socket. */
interface Follower {
  taskId: string
  cursor(): Cursor
  receive(news: readonly StreamNews[]): void
  /** It hears nothing before so many pings were answered: until then, what comes is of an older subscription. */
  since: number
  /** With what the connection came to. */
  end(how: unknown): void
}

const pingMs = 15_000
/** The server stops at 256 kB that were not acknowledged. */
const acknowledgeAt = 65_536

const restart = 1012
/** What sockets are closed with: nothing where nothing is wrong, else the code of the error. */
const closeReasons: Readonly<Record<number, RequestErrorCode | ''>> = {
  1000: '',
  1001: '',
  1005: '',
  4401: 'unauthenticated',
  4403: 'forbidden_origin',
  4408: '',
  4429: 'rate_limited',
}

/** What a closed socket comes to: an error, or when to come back. */
function endOf(code: number, reason: string): TaskClientError | number | null {
  if (code === restart) return Number(/\d+/.exec(reason) ?? 0)
  const error = closeReasons[code] ?? 'network_error'
  const status = closeReasons[code] ? code - 4_000 : null
  return error ? new TaskClientError(error, `WebSocket: ${code} ${reason}`, { status }) : null
}

/**
 * One socket for all tasks that are followed; open while there are any. What ends it ends it for all of them, and the
 * first that comes back opens another.
 *
 * @param connect opens a socket
 */
export function sharedSocket(
  connect: (url: string) => WebSocketLike,
  { baseUrl, headers, clock }: RequestOptions,
): (taskId: string) => FollowStream {
  const followers = new Set<Follower>()
  const utf8 = new TextEncoder()
  let socket: WebSocketLike | null = null
  let isOpen = false
  let stopBeat = (): void => {}
  /** Sent, and answered. The server does one thing after the other, so an answer tells that all before it is done. */
  let pings = 0
  let pongs = 0
  /** Shown out once already since it was last let in. */
  let wasDenied = false

  const say = (message: SocketClientMessage): void => socket?.send(JSON.stringify(message))

  function ping(): void {
    pings++
    say({ op: 'ping' })
  }

  /** Those who follow one task, or without one all. */
  const matesOf = (taskId: string | null = null): Follower[] =>
    [...followers].filter((follower) => !taskId || follower.taskId === taskId)

  function drop(): void {
    isOpen = false
    stopBeat()
    const dropped = socket
    socket = null
    dropped?.close()
  }

  function endAll(how: unknown): void {
    const all = matesOf()
    followers.clear()
    drop()
    for (const { end } of all) end(how)
  }

  function closed(code: number, reason: string): void {
    const isExpired = code === 4401 && headers !== undefined && !wasDenied
    wasDenied = isExpired
    if (isExpired) {
      // A token has expired: they are asked once more.
      drop()
      void open()
    } else endAll(endOf(code, reason))
  }

  /** The server has one subscription a task: it begins where the last of the followers stands. */
  function subscribe(taskId: string): void {
    const cursors = matesOf(taskId).map(({ cursor }) => cursor())
    const [last] = cursors.sort((a, b) => a.from - b.from)
    say({ op: 'subscribe', task_id: taskId, ...last, fold: blockFold.name })
  }

  function hear(message: SocketServerMessage): void {
    const mates = matesOf('task_id' in message ? message.task_id : null)
    if (message.op !== 'error') {
      wasDenied = false
      if (message.op === 'pong') pongs++
      for (const { since, receive } of mates) if (pongs >= since) receive([message as StreamNews])
    } else if (message.code === 'unauthenticated') closed(4401, message.error)
    // Without a status, as that passes: what it is about a read tells better.
    else for (const { end } of mates) end(new TaskClientError(message.code, message.error))
  }

  async function open(): Promise<void> {
    try {
      const authorization = new Headers(await headers?.()).get('authorization')
      // Nobody waits for it any more, or another attempt was faster.
      if (socket || followers.size === 0) return
      const { href } = new URL(baseUrl + socketPath, globalThis.location?.href)
      const mine = connect(href.replace(/^http/, 'ws'))
      socket = mine
      let untold = 0
      let heard = true
      const beat = (): void => {
        if (heard) {
          heard = false
          ping()
          stopBeat = clock.schedule(beat, pingMs)
        } else closed(1006, '')
      }
      mine.onopen = () => {
        if (socket !== mine) return
        isOpen = true
        pongs = pings
        stopBeat = clock.schedule(beat, pingMs)
        if (authorization) say({ op: 'auth', token: authorization.replace(/^bearer /i, '') })
        say({ op: 'ack', bytes: 0 })
        for (const { taskId, receive } of matesOf()) {
          subscribe(taskId)
          receive([])
        }
      }
      mine.onmessage = ({ data }: { data: string }) => {
        if (socket !== mine) return
        heard = true
        untold += utf8.encode(data).length
        if (untold >= acknowledgeAt) {
          say({ op: 'ack', bytes: untold })
          untold = 0
        }
        try {
          hear(JSON.parse(data))
        } catch (thrown) {
          endAll(thrown)
        }
      }
      // That of `ws` throws what nobody listens to; `close` follows.
      mine.onerror = () => {}
      mine.onclose = ({ code, reason }: { code: number; reason: string }) => {
        if (socket === mine) closed(code, reason)
      }
    } catch (thrown) {
      if (!socket) endAll(thrown)
    }
  }

  return (taskId) => (cursor, receive, signal) =>
    new Promise((end) => {
      const follower = { taskId, cursor, receive, end, since: 0 }
      followers.add(follower)
      signal.addEventListener('abort', () => {
        if (!followers.delete(follower)) return
        if (followers.size === 0) drop()
        else if (isOpen && matesOf(taskId).length === 0) say({ op: 'unsubscribe', task_id: taskId })
      })
      if (followers.size === 1) void open()
      else if (isOpen) {
        subscribe(taskId)
        ping()
        follower.since = pings
      }
    })
}
