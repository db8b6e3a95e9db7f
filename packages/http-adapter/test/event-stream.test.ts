import { createTaskHandler } from '@outlast/core/http'
import type { TaskEvent, TaskInfo } from '@outlast/core/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { authenticate, openWorld, type PushWorld, type RawConnection, range, until } from './push-world.ts'
import { StillClock } from './still-clock.ts'

let world: PushWorld

async function open(options?: Parameters<typeof openWorld>[0]): Promise<void> {
  world = await openWorld(options)
}

afterEach(async () => {
  await world.close()
  await until(() => world.hub.size === 0)
})

/** One field block of an event stream, read as a browser's `EventSource` would. */
interface Message {
  id: string | null
  event: string
  data: string
}

function messagesOf(text: string): Message[] {
  const blocks = text.split(/(?:\r\n|\r|\n){2}/).slice(0, -1)
  return blocks.flatMap((block) => {
    const message: Message = { id: null, event: 'message', data: '' }
    let hasData = false
    for (const line of block.split(/\r\n|\r|\n/)) {
      const [, name, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      if (name === 'id') message.id = value
      if (name === 'event') message.event = value
      if (name === 'data') {
        message.data += hasData ? `\n${value}` : value
        hasData = true
      }
    }
    return hasData ? [message] : []
  })
}

/** An event stream that is being read. */
class StreamReader {
  readonly response: Response
  text = ''
  isOver = false
  readonly #abort: AbortController

  constructor(response: Response, abort: AbortController) {
    this.response = response
    this.#abort = abort
    this.#read().catch(() => {
      this.isOver = true
    })
  }

  get messages(): Message[] {
    return messagesOf(this.text)
  }

  get events(): TaskEvent[] {
    return this.messages
      .filter(({ event }) => event === 'message')
      .map(({ data }) => JSON.parse(data) as TaskEvent)
  }

  get indexes(): number[] {
    return this.events.map(({ idx }) => idx)
  }

  named(event: string): unknown[] {
    return this.messages.filter((message) => message.event === event).map(({ data }) => JSON.parse(data))
  }

  cut(): void {
    this.#abort.abort()
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of this.response.body ?? []) this.text += decoder.decode(chunk, { stream: true })
    this.isOver = true
  }
}

async function read(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<StreamReader> {
  const abort = new AbortController()
  const response = await fetch(`http://127.0.0.1:${world.port}/api/tasks${path}`, {
    method,
    headers: { authorization: 'Bearer alice', ...headers },
    signal: abort.signal,
  })
  return new StreamReader(response, abort)
}

describe('an event stream', () => {
  it('has the task, its events with their ids, and its end', async () => {
    await open()
    const task = await world.openTask()
    await task.emit(2)
    const stream = await read(`/${task.id}/events`)
    expect(stream.response.status).toBe(200)
    expect(Object.fromEntries(stream.response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    await until(() => stream.indexes.length === 2)
    await task.emit(1)
    await task.end()
    await until(() => stream.isOver)
    expect(stream.messages.map(({ event }) => event)).toEqual([
      ...['status', 'message', 'message', 'message', 'message', 'status', 'end'],
    ])
    const { epoch = '' } = (await world.manager.get(task.id)) ?? {}
    expect(stream.messages.filter(({ id }) => id !== null).map(({ id }) => id)).toEqual(
      range(0, 4).map((idx) => `${epoch}.${idx}`),
    )
    expect(stream.indexes).toEqual(range(0, 4))
    expect(stream.named('status').map((info) => (info as TaskInfo).status)).toEqual(['running', 'succeeded'])
    expect(stream.text.endsWith('event: end\ndata: {}\n\n')).toBe(true)
  })

  it('goes on after the Last-Event-ID, which beats from, and is 204 after the end', async () => {
    await open()
    const task = await world.openTask()
    await task.emit(5)
    const first = await read(`/${task.id}/events?from=2`)
    await until(() => first.indexes.length === 3)
    expect(first.indexes).toEqual([2, 3, 4])
    first.cut()
    await task.emit(2)
    const second = await read(`/${task.id}/events?from=0`, {
      'last-event-id': first.messages.at(-1)?.id ?? '',
    })
    await until(() => second.indexes.length === 2)
    expect(second.indexes).toEqual([5, 6])
    await task.end()
    await until(() => second.isOver)
    const lastId = second.messages.filter(({ id }) => id !== null).at(-1)?.id ?? ''
    const after = await read(`/${task.id}/events`, { 'last-event-id': lastId })
    expect(after.response.status).toBe(204)
    // A first connection is not told to stay away: it has not seen the log.
    const fresh = await read(`/${task.id}/events`)
    await until(() => fresh.isOver)
    expect(fresh.indexes).toEqual(range(0, 8))
  })

  it('is reset and sent from the beginning for a cursor of another epoch', async () => {
    await open()
    const task = await world.openTask()
    await task.emit(3)
    const stream = await read(`/${task.id}/events`, { 'last-event-id': 'another.1' })
    await until(() => stream.indexes.length === 3)
    expect(stream.messages[0]?.event).toBe('reset')
    expect(stream.named('reset')).toEqual([{ epoch: expect.any(String), first_idx: 0 }])
    stream.cut()
    const bad = await read(`/${task.id}/events`, { 'last-event-id': 'no cursor' })
    expect(bad.response.status).toBe(400)
  })

  it('begins with a snapshot for a client that is behind the cap', async () => {
    await open({ limits: { maxEvents: 20 } })
    const task = await world.openTask()
    for (let part = 0; part < 30; part++) await task.emit(10)
    await task.end()
    const stream = await read(`/${task.id}/events?snapshot=blocks@1`)
    await until(() => stream.isOver)
    const [snapshot] = stream.named('snapshot') as { at: number; fold: string }[]
    expect(snapshot?.fold).toBe('blocks@1')
    expect(stream.indexes).toEqual(range(snapshot?.at ?? -1, 301))
    expect(stream.messages.find(({ event }) => event === 'snapshot')?.id).toMatch(
      new RegExp(`\\.${(snapshot?.at ?? 0) - 1}$`),
    )
  })

  it('has no body for HEAD', async () => {
    await open()
    const task = await world.openTask()
    const { response } = await read(`/${task.id}/events`, {}, 'HEAD')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await response.text()).toBe('')
  })

  it('is not there for somebody else, with the answer of a task that is not there at all', async () => {
    await open()
    const task = await world.openTask('bob')
    const answers = await Promise.all(
      [task.id, 'x'.repeat(task.id.length)].map(async (id) => {
        const response = await fetch(`http://127.0.0.1:${world.port}/api/tasks/${id}/events`, {
          headers: { authorization: 'Bearer alice' },
        })
        const headers = Object.fromEntries(response.headers)
        return { status: response.status, text: await response.text(), headers: { ...headers, date: '' } }
      }),
    )
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]).toMatchObject({ status: 404 })
  })

  it('is refused to pages of other sites that have a cookie, and not to the own page', async () => {
    await open()
    const task = await world.openTask()
    const url = `http://127.0.0.1:${world.port}/api/tasks/${task.id}/events`
    const cookie = 'user=alice'
    const foreign = await fetch(url, { headers: { cookie, origin: 'https://evil.example' } })
    expect(foreign.status).toBe(403)
    expect(await foreign.json()).toMatchObject({ code: 'forbidden_origin' })
    const abort = new AbortController()
    const own = await fetch(url, { headers: { cookie }, signal: abort.signal })
    expect(own.status).toBe(200)
    abort.abort()
  })

  it('is refused above the connections of a user, until one of them ends', async () => {
    await open({ push: { maxWatchersPerUser: 2 } })
    const task = await world.openTask()
    const first = await read(`/${task.id}/events`)
    await read(`/${task.id}/events`)
    const third = await read(`/${task.id}/events`)
    expect(third.response.status).toBe(429)
    expect(third.response.headers.get('retry-after')).toBe('5')
    first.cut()
    await until(() => world.hub.size === 1)
    expect((await read(`/${task.id}/events`)).response.status).toBe(200)
  })

  it('cannot be made to lie by what a task says', async () => {
    await open()
    const task = await world.openTask()
    const lies = [
      'a\n\nevent: end\ndata: {}\n\n',
      'a\r\n\r\nid: forged.9\r\ndata: {"idx":9}\r\n\r\n',
      '\rdata: x\r\r',
      '\u2028\u2029\u0085event: end\u2028data: {}',
      '\u0000\ufeff: comment\n',
      '[DONE]',
    ]
    for (const content of lies) await task.emit(1, content)
    await task.end()
    const stream = await read(`/${task.id}/events`)
    await until(() => stream.isOver)
    expect(stream.messages.map(({ event }) => event)).toEqual([
      'status',
      ...Array(lies.length + 1).fill('message'),
      'end',
    ])
    expect(stream.events.slice(0, -1).map(({ data }) => (data as { content: string }).content)).toEqual(lies)
    expect(stream.indexes).toEqual(range(0, lies.length + 1))
  })
})

describe('an event stream on the wire', () => {
  function request(taskId: string, version = '1.1', more = ''): string {
    return `GET /api/tasks/${taskId}/events HTTP/${version}\r\nhost: a\r\nauthorization: Bearer alice\r\n${more}\r\n`
  }

  /** The bodies of the answers on a connection, unchunked. */
  function bodyOf(raw: RawConnection): string {
    const [head = '', ...rest] = raw.received.split('\r\n\r\n')
    const body = rest.join('\r\n\r\n')
    return /transfer-encoding: chunked/i.test(head) ? unchunk(body) : body
  }

  it('is chunked whole for HTTP/1.1, a chunk to each write', async () => {
    await open()
    const task = await world.openTask()
    const raw = world.sendRaw(request(task.id))
    await until(() => raw.received.includes('event: status'))
    await task.emit(3, 'ünïcødé 🎈')
    await task.end()
    await until(() => raw.received.endsWith('\r\n0\r\n\r\n'))
    const messages = messagesOf(bodyOf(raw))
    expect(messages.map(({ event }) => event)).toEqual([
      ...['status', 'message', 'message', 'message', 'message', 'status', 'end'],
    ])
  })

  it('is ended by its connection for HTTP/1.0', async () => {
    await open()
    const task = await world.openTask()
    await task.emit(2)
    const raw = world.sendRaw(request(task.id, '1.0'))
    await until(() => raw.received.includes('"idx":1'))
    await task.end()
    await until(() => raw.isClosed)
    expect(raw.received).not.toMatch(/transfer-encoding/i)
    expect(messagesOf(bodyOf(raw)).at(-1)?.event).toBe('end')
  })

  it('comes after the answer to the request before it on the same connection', async () => {
    await open()
    const task = await world.openTask()
    await task.emit(1)
    const poll = `GET /api/tasks/${task.id}?from=1&wait_ms=300 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer alice\r\n\r\n`
    const raw = world.sendRaw(poll + request(task.id))
    await until(() => world.hub.size === 1)
    await task.emit(1)
    await until(() => raw.received.includes('event: status'))
    const [, second = ''] = raw.received
      .split(/(?=HTTP\/1\.1 200 OK)/)
      .slice(0, 2)
      .concat('')
    expect(raw.received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
    expect(second).toContain('text/event-stream')
    await task.end()
    await until(() => raw.received.endsWith('\r\n0\r\n\r\n'))
    const stream = raw.received.slice(raw.received.indexOf('HTTP/1.1 200 OK', 10))
    const messages = messagesOf(unchunk(stream.slice(stream.indexOf('\r\n\r\n') + 4)))
    expect(messages.filter(({ event }) => event === 'message')).toHaveLength(3)
    expect(messages.at(-1)?.event).toBe('end')
  })

  it('is let go of when its client leaves while the answer before it on the connection is still to come', async () => {
    await open()
    const task = await world.openTask()
    const poll = `GET /api/tasks/${task.id}?from=0&wait_ms=25000 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer alice\r\n\r\n`
    const raw = world.sendRaw(poll + request(task.id).repeat(20))
    await until(() => world.hub.size === 20)
    raw.socket.destroy()
    await until(() => world.hub.size === 0)
  })

  it.each(['1.0', '1.1'])('ends whole for HTTP/%s when the manager closes', async (version) => {
    await open()
    const task = await world.openTask()
    const raw = world.sendRaw(request(task.id, version, 'connection: close\r\n'))
    await until(() => raw.received.includes('event: status'))
    await world.manager.close({ drainMs: 0 })
    await until(() => raw.isClosed)
    const messages = messagesOf(bodyOf(raw))
    expect(messages.filter(({ event }) => event === 'end' || event === 'recycle')).toHaveLength(1)
    expect(['end', 'recycle']).toContain(messages.at(-1)?.event)
  })

  it('is cut when its client does not read, after a megabyte, and goes on by the id', async () => {
    await open({ limits: { maxBytes: 500_000_000, maxEvents: 100_000 } })
    const task = await world.openTask()
    const raw = world.sendRaw(request(task.id))
    await until(() => raw.received.includes('event: status'))
    raw.socket.pause()
    const before = process.memoryUsage().arrayBuffers
    let heaviest = 0
    for (let part = 0; part < 300 && world.hub.size > 0; part++) {
      await task.emit(100, 'x'.repeat(1_000))
      await new Promise((resolve) => setImmediate(resolve))
      heaviest = Math.max(heaviest, process.memoryUsage().arrayBuffers - before)
    }
    expect(world.hub.size).toBe(0)
    expect(heaviest).toBeLessThan(20_000_000)
    raw.socket.resume()
    await until(() => raw.isClosed)
    const messages = messagesOf(bodyOf(raw)).filter(({ id }) => id !== null)
    const stream = await read(`/${task.id}/events`, { 'last-event-id': messages.at(-1)?.id ?? '' })
    await task.end()
    await until(() => stream.isOver)
    expect(stream.indexes[0]).toBe(messages.length)
  }, 60_000)
})

describe('an event stream that stays open', () => {
  let clock: StillClock

  async function openStill(push = {}): Promise<StreamReader> {
    clock = new StillClock()
    await open({
      push,
      handler: { clock, authenticate: (request) => (isSignedIn ? authenticate(request) : null) },
    })
    isSignedIn = true
    const task = await world.openTask()
    const stream = await read(`/${task.id}/events`)
    await until(() => stream.messages.length === 1)
    return stream
  }

  let isSignedIn = true

  it('has a comment every 15 s', async () => {
    const stream = await openStill()
    const beats = (): number => stream.text.match(/^:$/gm)?.length ?? 0
    expect(beats()).toBe(0)
    clock.pass(16_000)
    await until(() => beats() === 1)
    clock.pass(15_000)
    await until(() => beats() === 2)
    expect(stream.messages).toHaveLength(1)
  })

  it('asks its client to come back after five minutes', async () => {
    const stream = await openStill()
    clock.pass(299_000)
    expect(stream.isOver).toBe(false)
    clock.pass(17_000)
    await until(() => stream.isOver)
    expect(stream.messages.at(-1)).toEqual({ id: null, event: 'recycle', data: '{"retry_ms":0}' })
    expect(stream.text).not.toContain('retry:')
  })

  it('asks its client to come back when the manager closes', async () => {
    const stream = await openStill()
    await world.manager.close({ drainMs: 0 })
    await until(() => stream.isOver)
    expect(['recycle', 'end']).toContain(stream.messages.at(-1)?.event)
  })

  it('ends for who has lost the right to it', async () => {
    const stream = await openStill()
    isSignedIn = false
    clock.pass(59_000)
    await new Promise((resolve) => setImmediate(resolve))
    expect(stream.isOver).toBe(false)
    clock.pass(17_000)
    await until(() => stream.isOver)
    expect(stream.messages).toHaveLength(1)
  })
})

it('a stream of the fetch handler says the same', async () => {
  await open()
  const task = await world.openTask()
  await task.emit(1_500)
  const handler = createTaskHandler(world.manager, { authenticate })
  const response = await handler.fetch(
    new Request(`http://a/api/tasks/${task.id}/events`, { headers: { authorization: 'Bearer alice' } }),
  )
  const stream = new StreamReader(response, new AbortController())
  await until(() => stream.indexes.length === 1_000 || stream.indexes.length === 1_500)
  await task.end()
  await until(() => stream.isOver)
  expect(stream.indexes.at(-1)).toBe(1_500)
  expect(stream.messages.at(-1)?.event).toBe('end')
})

function unchunk(body: string): string {
  let bytes = Buffer.from(body)
  let text = ''
  for (;;) {
    const line = bytes.indexOf('\r\n')
    const size = line === -1 ? 0 : Number.parseInt(bytes.subarray(0, line).toString(), 16)
    if (!(size > 0)) return text
    text += bytes.subarray(line + 2, line + 2 + size).toString()
    bytes = bytes.subarray(line + 2 + size + 2)
  }
}
