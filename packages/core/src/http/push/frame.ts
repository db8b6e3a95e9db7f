import type { Json } from '../../store/index.ts'
import { type TextMessage, textMessage } from './text-message.ts'

/** How far events reach: there is more, to the end of the log as it is, or to the end of a log that has ended. */
export type Reach = 'page' | 'tail' | 'end'

/** One piece of news of a task, as push transports send it. Texts are JSON already. */
export type News =
  | { type: 'events'; from: number; events: readonly Json[]; reach: Reach }
  | { type: 'status'; task: Json }
  | { type: 'created'; task: Json }
  | { type: 'snapshot'; at: number; snapshot: Json }
  | { type: 'reset'; firstIdx: number }
  | { type: 'recycle'; afterMs: number }
  | { type: 'end' }

/**
 * How a frame looks on the wire: an event stream, one that is chunked for HTTP/1.1 already, a message of a socket, one
 * that is framed for the WebSocket already.
 */
export type FrameForm = 'sse' | 'sse_chunked' | 'socket' | 'socket_framed'

/** What a connection can be sent. */
export interface Sendable {
  bytes(form: FrameForm): Buffer
}

/** A piece of news that is written out once in each form, however many watchers it is sent to. */
export class Frame implements Sendable {
  readonly news: News
  readonly epoch: string
  readonly #taskId: string
  #sse: Buffer | null = null
  #chunked: Buffer | null = null
  #socket: TextMessage | null = null

  constructor(taskId: string, epoch: string, news: News) {
    this.#taskId = taskId
    this.epoch = epoch
    this.news = news
  }

  bytes(form: FrameForm): Buffer {
    switch (form) {
      case 'sse':
        this.#sse ??= Buffer.from(eventStreamText(this.epoch, this.news))
        return this.#sse
      case 'sse_chunked':
        this.#chunked ??= chunked(eventStreamText(this.epoch, this.news))
        return this.#chunked
      case 'socket':
        return this.#message().payload
      case 'socket_framed':
        return this.#message().framed
    }
  }

  #message(): TextMessage {
    this.#socket ??= textMessage(socketText(this.#taskId, this.epoch, this.news))
    return this.#socket
  }
}

/** A comment of an event stream: it shows both ends that the connection lives. */
export const sseComment: { readonly sse: Buffer; readonly sse_chunked: Buffer } = {
  sse: Buffer.from(':\n\n'),
  sse_chunked: chunked(':\n\n'),
}

/** One chunk of a chunked HTTP/1.1 body. */
export function chunked(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}

// JSON text has no line break outside its escapes, so no content can end a line of the stream or begin another.
function eventStreamText(epoch: string, news: News): string {
  switch (news.type) {
    case 'events': {
      let text = ''
      let idx = news.from
      for (const event of news.events) text += `id: ${epoch}.${idx++}\ndata: ${event}\n\n`
      return text
    }
    case 'status':
    case 'created':
      return `event: ${news.type}\ndata: ${news.task}\n\n`
    case 'snapshot':
      // Whoever comes back has everything below it.
      return `id: ${epoch}.${news.at - 1}\nevent: snapshot\ndata: ${news.snapshot}\n\n`
    case 'reset':
      return `event: reset\ndata: ${JSON.stringify({ epoch, first_idx: news.firstIdx })}\n\n`
    case 'recycle': {
      // An `EventSource` heeds the field `retry`, and keeps to it; its own pause will do where there is no other.
      const retry = news.afterMs > 0 ? `retry: ${news.afterMs}\n` : ''
      return `event: recycle\n${retry}data: {"retry_ms":${news.afterMs}}\n\n`
    }
    case 'end':
      return 'event: end\ndata: {}\n\n'
  }
}

function socketText(taskId: string, epoch: string, news: News): string {
  const id = JSON.stringify(taskId)
  switch (news.type) {
    case 'events': {
      const nextOffset = news.from + news.events.length
      return `{"op":"events","task_id":${id},"events":[${news.events.join(',')}],"next_offset":${nextOffset}}`
    }
    case 'status':
    case 'created':
      return `{"op":"${news.type}","task_id":${id},"epoch":${JSON.stringify(epoch)},"task":${news.task}}`
    case 'snapshot':
      return `{"op":"snapshot","task_id":${id},"snapshot":${news.snapshot}}`
    case 'reset':
      return `{"op":"reset","task_id":${id},"epoch":${JSON.stringify(epoch)},"first_idx":${news.firstIdx}}`
    case 'recycle':
    case 'end':
      return `{"op":"${news.type}","task_id":${id}}`
  }
}
