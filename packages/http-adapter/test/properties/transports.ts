import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type EventPage,
  isFinalStatus,
  type SocketServerMessage,
  type TaskEvent,
  type TaskInfo,
} from '@outlast/core/protocol'
import WebSocket from 'ws'
import { headersOf } from '../task-fixtures.ts'

/** What a reader is about. */
export interface Place {
  port: number
  taskId: string
  userId: string
}

/** Takes what a reader is sent. */
interface Taker {
  /** @param cursor where the same transport goes on behind these events */
  events(events: readonly TaskEvent[], cursor: string): void
  /** The state of the task, where it comes apart from events. */
  status?(task: TaskInfo): void
  /** The server asks to come back after so many milliseconds. */
  retry?(ms: number): void
  /** The server listens. */
  opened?(): void
}

/** One way to follow a log. */
export interface Transport {
  name: string
  /**
   * Reads on from a cursor, `null` for the beginning. Answers whether the server has said that the log is over and that
   * this is all of it; `false` when the connection has ended otherwise, or the signal has cut it.
   */
  read(place: Place, cursor: string | null, taker: Taker, signal: AbortSignal): Promise<boolean>
}

/** Milliseconds between two polls. */
const pollMs = 20

function urlOf({ port, taskId }: Place, rest: string): string {
  return `http://127.0.0.1:${port}/api/tasks/${taskId}${rest}`
}

/** An answer; `null` where the connection was refused, reset or cut. */
async function ask(place: Place, rest: string, signal: AbortSignal): Promise<Response | null> {
  try {
    const response = await fetch(urlOf(place, rest), { headers: headersOf(place.userId), signal })
    return new Response(response.status === 204 ? null : await response.text(), response)
  } catch {
    return null
  }
}

function polling(name: string, waitMs: number): Transport {
  return {
    name,
    async read(place, cursor, taker, signal) {
      for (let from = cursor ?? '0'; ; ) {
        const response = await ask(place, `?from=${from}&wait_ms=${waitMs}`, signal)
        if (response === null || signal.aborted) return false
        const { data } = (await response.json()) as { data: EventPage }
        from = String(data.next_offset)
        taker.events(data.events, from)
        taker.status?.(data)
        if (signal.aborted) return false
        if (isFinalStatus(data.status) && data.up_to_date) return true
        if (waitMs === 0) await pause(pollMs)
      }
    },
  }
}

const durable: Transport = {
  name: 'Durable Streams',
  async read(place, cursor, taker, signal) {
    for (let offset = cursor ?? '-1'; ; ) {
      const response = await ask(place, `/durable?live=long-poll&offset=${offset}`, signal)
      if (response === null || signal.aborted) return false
      offset = response.headers.get('stream-next-offset') ?? offset
      if (response.status === 200) taker.events((await response.json()) as TaskEvent[], offset)
      if (signal.aborted) return false
      if (response.headers.get('stream-closed') === 'true') return true
    }
  },
}

const eventStream: Transport = {
  name: 'event stream',
  read(place, cursor, taker, signal) {
    return new Promise((resolve) => {
      let isOver = false
      let waiting = ''
      const headers = { ...headersOf(place.userId), ...(cursor !== null && { 'last-event-id': cursor }) }
      const request = get(urlOf(place, '/events'), { headers, signal, agent: false }, (response) => {
        taker.opened?.()
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          const blocks = (waiting + text).split('\n\n')
          waiting = blocks.pop() ?? ''
          for (const block of blocks) if (!signal.aborted) isOver = takeBlock(block, taker) || isOver
        })
        response.on('error', () => resolve(false))
        // Nobody has anything more for whoever has read it to its end.
        response.on('end', () => resolve(isOver || response.statusCode === 204))
      })
      request.on('error', () => resolve(false))
    })
  },
}

/** Takes one block of an event stream; answers whether it says that the log is over. */
function takeBlock(block: string, taker: Taker): boolean {
  const fields = Object.fromEntries(
    block.split('\n').map((line): [string, string] => {
      const at = line.indexOf(':')
      return [line.slice(0, at), line.slice(at + 2)]
    }),
  )
  if (fields.retry !== undefined) taker.retry?.(Number(fields.retry))
  if (fields.data === undefined) return false
  if (fields.event === undefined) {
    taker.events([JSON.parse(fields.data) as TaskEvent], fields.id ?? '')
  } else if (fields.event === 'status') taker.status?.(JSON.parse(fields.data) as TaskInfo)
  return fields.event === 'end'
}

const webSocket: Transport = {
  name: 'WebSocket',
  read({ port, taskId, userId }, cursor, taker, signal) {
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/api/tasks/ws`, { headers: headersOf(userId) })
      let isOver = false
      signal.addEventListener('abort', () => socket.terminate(), { once: true })
      if (signal.aborted) socket.terminate()
      socket.on('open', () => {
        taker.opened?.()
        socket.send(JSON.stringify({ op: 'subscribe', task_id: taskId, from: Number(cursor ?? 0) }))
      })
      socket.on('message', (bytes) => {
        if (signal.aborted) return
        const message = JSON.parse(String(bytes)) as SocketServerMessage
        if (message.op === 'events') taker.events(message.events, String(message.next_offset))
        if (message.op === 'status') taker.status?.(message.task)
        if (message.op !== 'end') return
        isOver = true
        socket.close()
      })
      socket.on('close', (_code, reason) => {
        const [, ms] = /^retry_ms=(\d+)$/.exec(String(reason)) ?? []
        if (ms !== undefined) taker.retry?.(Number(ms))
        resolve(isOver)
      })
      socket.on('error', () => resolve(false))
    })
  },
}

/** Every way to follow a log over a port. */
export const transports: readonly Transport[] = [
  polling('poll', 0),
  polling('long-poll', 20_000),
  eventStream,
  webSocket,
  durable,
]

/** Those that are pushed, and can ask their readers to come back. */
export const pushTransports: readonly Transport[] = [eventStream, webSocket]
