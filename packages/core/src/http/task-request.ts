import type { PushBody } from './push/index.ts'

/** Looks a header up by its name in lower case; a web `Headers` object is one. */
export interface RequestHeaders {
  get(name: string): string | null
}

/** Where a request's body is: still on the wire, or already read by a parser in front of the routes. */
export type RequestBody =
  | { type: 'none' }
  | { type: 'stream'; chunks: AsyncIterable<Uint8Array> }
  | { type: 'bytes'; bytes: Uint8Array }
  | { type: 'text'; text: string }
  | { type: 'value'; value: unknown }

/** A request that belongs to no framework; every adapter translates into it. */
export interface TaskRequest {
  /** In upper case. */
  readonly method: string
  /** Path and query below the base, such as `/abc?from=3`. */
  readonly url: string
  /** What stood before `url` in the client's request, such as `/api/tasks`. */
  readonly basePath: string
  /** Host and port that the client asked, as in the `Host` header. */
  readonly host: string | null
  readonly headers: RequestHeaders
  readonly body: RequestBody
  /** Fires when the client has gone away. */
  readonly signal: AbortSignal
  /** The framework's own request, for `authenticate`. */
  readonly raw: unknown
}

/** A body in two parts: a text of this answer's own, and behind it bytes that other answers have, too. */
export interface SharedBody {
  readonly own: string
  readonly shared: Uint8Array<ArrayBuffer>
}

/** An answer that belongs to no framework. */
export interface TaskResponse {
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Sent as it is, a text as UTF-8; `null` for none. A {@link PushBody} stays open and is written to as news come. */
  readonly body: string | Uint8Array<ArrayBuffer> | SharedBody | PushBody | null
}

/** The body of an answer that can be sent at once, in one piece; a {@link PushBody} stays what it is. */
export function wholeBody(body: TaskResponse['body']): Exclude<TaskResponse['body'], SharedBody> {
  if (body === null || typeof body === 'string' || !('shared' in body)) return body
  return Buffer.concat([Buffer.from(body.own), body.shared])
}
