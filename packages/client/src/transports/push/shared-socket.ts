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
import type { FollowStream, StreamEnd, StreamNews } from './stream-news.ts'

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
  cursor(): Cursor
  receive(news: readonly StreamNews[]): void
  resolve(end: StreamEnd): void
  reject(thrown: unknown): void
}

const pingMs = 15_000
/** The server stops at 256 kB that were not acknowledged. */
const acknowledgeAt = 65_536

const closedCleanly = [1000, 1001, 1005, 4408]
const refusals: Readonly<Record<number, RequestErrorCode>> = {
  4401: 'unauthenticated',
  4403: 'forbidden_origin',
  4429: 'rate_limited',
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
  const followers = new Map<string, Set<Follower>>()
  const utf8 = new TextEncoder()
  /** What belongs to another attempt is stale. */
  let attempt: object | null = null
  let socket: WebSocketLike | null = null
  let isOpen = false
  let stopBeat = (): void => {}
  /** Shown out once already since it was last let in. */
  let wasDenied = false

  const everybody = (): Follower[] => [...followers.values()].flatMap((mates) => [...mates])
  const say = (message: SocketClientMessage): void => socket?.send(JSON.stringify(message))

  function drop(): void {
    attempt = null
    isOpen = false
    stopBeat()
    socket?.close()
    socket = null
  }

  function endAll(end: (follower: Follower) => void): void {
    const all = everybody()
    followers.clear()
    wasDenied = false
    drop()
    for (const follower of all) end(follower)
  }

  function tell(mates: Iterable<Follower>, news: readonly StreamNews[]): void {
    for (const mate of [...mates]) {
      try {
        mate.receive(news)
      } catch (thrown) {
        mate.reject(thrown)
      }
    }
  }

  /** The server has one subscription a task: it begins where the last of the followers stands. */
  function subscribe(taskId: string, mates: Iterable<Follower>): void {
    const [cursor] = [...mates].map((mate) => mate.cursor()).sort((a, b) => a.from - b.from)
    say({ op: 'subscribe', task_id: taskId, ...cursor, fold: blockFold.name })
    tell(mates, [])
  }

  async function open(): Promise<void> {
    const mine = {}
    attempt = mine
    try {
      const authorization = new Headers(await headers?.()).get('authorization')
      if (attempt !== mine) return
      const url = new URL(baseUrl + socketPath, globalThis.location?.href)
      const opening = connect(url.href.replace(/^http/, 'ws'))
      socket = opening
      let untold = 0
      let heard = true
      const beat = (): void => {
        stopBeat = clock.schedule(() => {
          if (!heard) return closed(1006, '')
          heard = false
          say({ op: 'ping' })
          beat()
        }, pingMs)
      }
      opening.onopen = () => {
        if (attempt !== mine) return
        isOpen = true
        beat()
        if (authorization) say({ op: 'auth', token: authorization.replace(/^bearer /i, '') })
        say({ op: 'ack', bytes: 0 })
        for (const [taskId, mates] of followers) subscribe(taskId, mates)
      }
      opening.onmessage = ({ data }: { data: string }) => {
        if (attempt !== mine) return
        heard = true
        hear(data)
        untold += utf8.encode(data).length
        if (untold < acknowledgeAt || attempt !== mine) return
        say({ op: 'ack', bytes: untold })
        untold = 0
      }
      // That of `ws` throws what nobody listens to; `close` follows.
      opening.onerror = () => {}
      opening.onclose = ({ code, reason }: { code: number; reason: string }) => {
        if (attempt === mine) closed(code, reason)
      }
    } catch (thrown) {
      if (attempt === mine) endAll(({ reject }) => reject(thrown))
    }
  }

  function hear(data: string): void {
    try {
      const message = JSON.parse(data) as SocketServerMessage
      if (message.op === 'pong') tell(everybody(), [])
      else if (message.op !== 'error') {
        wasDenied = false
        tell(followers.get(message.task_id) ?? [], [message as StreamNews])
      } else if (message.code === 'unauthenticated') closed(4401, message.error)
      else {
        // Without a status, as that passes: what it is about a read tells better.
        const error = new TaskClientError(message.code, message.error)
        if (message.task_id === null) endAll(({ reject }) => reject(error))
        for (const { reject } of followers.get(message.task_id ?? '') ?? []) reject(error)
      }
    } catch (thrown) {
      endAll(({ reject }) => reject(thrown))
    }
  }

  function closed(code: number, reason: string): void {
    if (code === 4401 && headers && !wasDenied) {
      // A token has expired: they are asked once more.
      wasDenied = true
      drop()
      void open()
      return
    }
    const refusal = refusals[code]
    const isRestart = code === 1012
    const error =
      isRestart || closedCleanly.includes(code)
        ? null
        : new TaskClientError(
            refusal ?? 'network_error',
            `The socket was closed: ${code} ${reason}`,
            refusal && { status: code - 4_000 },
          )
    const delayMs = isRestart ? Number(/\d+/.exec(reason)?.[0] ?? 0) : null
    endAll(({ resolve, reject }) => (refusal ? reject(error) : resolve({ error, delayMs })))
  }

  return (taskId) => (cursor, receive, signal) =>
    new Promise((resolve, reject) => {
      const mates = followers.get(taskId) ?? new Set()
      const follower = { cursor, receive, resolve, reject }
      followers.set(taskId, mates.add(follower))
      signal.addEventListener('abort', () => {
        mates.delete(follower)
        if (mates.size > 0 || followers.get(taskId) !== mates) return
        followers.delete(taskId)
        if (followers.size === 0) drop()
        else if (isOpen) say({ op: 'unsubscribe', task_id: taskId })
      })
      if (isOpen) subscribe(taskId, mates)
      else if (attempt === null) void open()
    })
}
