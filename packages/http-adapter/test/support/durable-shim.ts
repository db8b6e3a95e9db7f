import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { defineTask, type TaskContext, TaskManager } from '@outlast/core'
import * as z from 'zod'
import { createNodeListener } from '../../src/node.ts'
import { DurableMessages, isJson, messagesOf } from './durable-messages.ts'

/** A writable server of Durable Streams: what is written becomes a task's log, what is read comes from its mount. */
export interface DurableShim {
  url: string
  close(): Promise<void>
}

/** One stream: a task that runs until the stream is closed. */
interface Stream {
  contentType: string
  context: TaskContext
  isClosed: boolean
  /** Ends the task, and waits until that is stored. */
  end(): Promise<void>
}

interface Answer {
  status: number
  headers?: Record<string, string>
}

/**
 * For the conformance suite, which creates and appends by itself: `PUT` creates a task, `POST` has its runner emit. A
 * message is the `value` of an `x_message`. `GET` and `HEAD` are sent on to the mount over a port of its own; only the path
 * is put in the place of the task's, and each event of the answer in the place of its message.
 */
export async function openDurableShim({ maxWaitMs }: { maxWaitMs: number }): Promise<DurableShim> {
  const runs = new Map<string, { context: TaskContext; end(): void }>()
  const streams = new Map<string, Stream>()
  const manager = new TaskManager({
    tasks: [
      defineTask({
        type: 'stream',
        input: z.unknown(),
        scope: () => null,
        run: (context) =>
          new Promise<void>((resolve) => {
            runs.set(context.taskId, { context, end: resolve })
            context.signal.addEventListener('abort', () => resolve(), { once: true })
          }),
      }),
    ],
    concurrency: 100_000,
  })
  const mount = createServer(
    createNodeListener(manager, {
      authenticate: () => ({ userId: 'suite', via: 'token' }),
      limits: { maxWaitMs },
    }),
  )
  const mountUrl = `${await listen(mount)}/api/tasks`
  const shim = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  const url = await listen(shim)
  return {
    url,
    async close() {
      await closeServer(shim)
      await manager.close({ drainMs: 0 })
      await closeServer(mount)
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', url)
    if (request.method === 'PUT' || request.method === 'POST' || request.method === 'DELETE') {
      const body = await buffer(request)
      const { status, headers = {} } = await write(request, pathname, body)
      response.writeHead(status, { 'x-content-type-options': 'nosniff', ...headers }).end()
      return
    }
    await passOn(request, response, pathname, search)
  }

  async function write(request: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
    const stream = streams.get(path)
    if (request.method === 'PUT') return create(request, path, body)
    if (stream === undefined) return { status: 404 }
    if (request.method === 'POST') return append(request, stream, body)
    streams.delete(path)
    await stream.end()
    await manager.delete(stream.context.taskId)
    return { status: 204 }
  }

  async function create(request: IncomingMessage, path: string, body: Buffer): Promise<Answer> {
    const contentType = request.headers['content-type'] ?? 'application/octet-stream'
    const known = streams.get(path)
    if (known !== undefined) {
      const isSame = isSameType(known.contentType, contentType) && known.isClosed === wantsClose(request)
      return { status: isSame ? 200 : 409, headers: await stateOf(known) }
    }
    const messages = body.length === 0 ? [] : messagesOf(contentType, body)
    if (messages === null) return { status: 400 }
    const { id, finished } = await manager.create({ userId: 'suite', input: null })
    while (!runs.has(id)) await new Promise((resolve) => setImmediate(resolve))
    const { context, end } = runs.get(id) as { context: TaskContext; end(): void }
    const stream: Stream = {
      contentType,
      context,
      isClosed: false,
      async end() {
        stream.isClosed = true
        end()
        await finished()
      },
    }
    await emit(stream, messages)
    if (wantsClose(request)) await stream.end()
    streams.set(path, stream)
    return { status: 201, headers: { location: `${url}${path}`, ...(await stateOf(stream)) } }
  }

  async function append(request: IncomingMessage, stream: Stream, body: Buffer): Promise<Answer> {
    const closes = wantsClose(request)
    if (closes && body.length === 0) {
      if (!stream.isClosed) await stream.end()
      return { status: 204, headers: await stateOf(stream) }
    }
    const contentType = request.headers['content-type']
    if (contentType === undefined || body.length === 0) return { status: 400 }
    if (stream.isClosed) return { status: 409, headers: await stateOf(stream) }
    if (!isSameType(stream.contentType, contentType)) return { status: 409 }
    const messages = messagesOf(contentType, body)
    if (messages === null || messages.length === 0) return { status: 400 }
    if (body.length > 200_000) return { status: 413 }
    await emit(stream, messages)
    if (closes) await stream.end()
    return { status: 204, headers: await stateOf(stream) }
  }

  /** What the mount says of a stream by now. */
  async function stateOf({ context, contentType }: Stream): Promise<Record<string, string>> {
    const { headers } = await fetch(`${mountUrl}/${context.taskId}/durable`, { method: 'HEAD' })
    return { ...streamHeadersOf(headers), 'content-type': contentType }
  }

  async function passOn(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    search: string,
  ): Promise<void> {
    const stream = streams.get(path)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const { method = 'GET' } = request
    const tag = request.headers['if-none-match']
    const answer = await fetch(`${mountUrl}/${stream?.context.taskId ?? 'none'}/durable${search}`, {
      method,
      headers: tag === undefined ? {} : { 'if-none-match': tag },
      signal: gone.signal,
    }).catch((error: unknown) => {
      if (!gone.signal.aborted) throw error
      return null
    })
    if (answer === null) return
    const headers = Object.fromEntries(answer.headers)
    for (const name of ['connection', 'keep-alive', 'content-length', 'transfer-encoding'])
      delete headers[name]
    if (stream === undefined || !answer.ok || answer.status === 204) {
      response.writeHead(answer.status, headers).end(answer.status === 204 ? '' : await answer.text())
      return
    }
    const messages = new DurableMessages(stream.contentType)
    if (headers['content-type'] === 'application/json' && !isJson(stream.contentType)) {
      headers['content-type'] = stream.contentType
    }
    response.writeHead(answer.status, headers)
    if (method === 'HEAD') response.end()
    else if (headers['content-type'] === 'text/event-stream') {
      response.flushHeaders()
      try {
        for await (const chunk of answer.body ?? []) response.write(messages.ofEventStream(chunk))
      } catch (error) {
        if (!gone.signal.aborted) throw error
      }
      response.end()
    } else response.end(messages.ofList(await answer.text()))
  }
}

async function emit({ context }: Stream, messages: readonly unknown[]): Promise<void> {
  for (const value of messages) context.emit('x_message', { value })
  await context.flush()
}

function wantsClose({ headers }: IncomingMessage): boolean {
  return headers['stream-closed'] === 'true'
}

function isSameType(one: string, other: string): boolean {
  const bare = (type: string): string => (type.split(';')[0] ?? '').trim().toLowerCase()
  return bare(one) === bare(other)
}

function streamHeadersOf(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('stream-')))
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
