import type { SocketClientMessage } from '@outlast/core/protocol'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TaskClientOptions } from '../../../src/task-client.ts'
import { auto, polling, type WebSocketLike, websocket } from '../../../src/transports/push/index.ts'
import { makeTask } from '../../support/fake-server.ts'
import { makeWorld, textOf, type World, watch } from '../../support/make-world.ts'

/** A socket whose other end is the test. */
class FakeSocket implements WebSocketLike {
  onopen: ((event: never) => void) | null = null
  onmessage: ((event: never) => void) | null = null
  onclose: ((event: never) => void) | null = null
  onerror: ((event: never) => void) | null = null
  readonly url: string
  readonly said: SocketClientMessage[] = []
  isClosed = false

  constructor(url: string) {
    this.url = url
  }

  send(text: string): void {
    this.said.push(JSON.parse(text) as SocketClientMessage)
  }

  close(): void {
    this.isClosed = true
  }

  open(): void {
    this.onopen?.({} as never)
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) } as never)
  }

  text(idx: number, content: string, task = 't1'): void {
    const events = [{ idx, type: 'text_chunk', data: { content }, ts: 1 }]
    this.say({ op: 'events', task_id: task, events, next_offset: idx + 1 })
  }

  shut(code: number, reason = ''): void {
    this.isClosed = true
    this.onclose?.({ code, reason } as never)
  }

  of(op: SocketClientMessage['op']): SocketClientMessage[] {
    return this.said.filter((message) => message.op === op)
  }
}

function makeSocketWorld(options: TaskClientOptions = {}): World & { sockets: FakeSocket[] } {
  const sockets: FakeSocket[] = []
  class WebSocket extends FakeSocket {
    constructor(url: string) {
      super(url)
      sockets.push(this)
    }
  }
  const baseUrl = 'https://example.com/api/tasks'
  const world = makeWorld({ baseUrl, transport: websocket({ WebSocket }), ...options })
  world.server.text('a')
  return { ...world, sockets }
}

async function open(options: TaskClientOptions = {}) {
  const world = makeSocketWorld(options)
  const observer = world.client.observe('t1')
  const { seen, leave } = watch(observer)
  await world.clock.advance(0)
  const [socket] = world.sockets
  if (socket === undefined) throw new Error('no socket was opened')
  socket.open()
  socket.say({ op: 'status', task_id: 't1', epoch: 'e1', task: makeTask() })
  await world.clock.advance(0)
  return { ...world, observer, socket, seen, leave, snapshot: observer.getSnapshot }
}

describe('a socket', () => {
  test('is opened below the base, with the token first, then credit, then the cursor that a read has given', async () => {
    const { socket, snapshot } = await open({ headers: () => ({ authorization: 'Bearer x.y' }) })
    expect(socket.url).toBe('wss://example.com/api/tasks/ws')
    expect(socket.said).toEqual([
      { op: 'auth', token: 'x.y' },
      { op: 'ack', bytes: 0 },
      { op: 'subscribe', task_id: 't1', from: 1, epoch: 'e1', fold: 'blocks@1' },
    ])
    expect(snapshot()).toMatchObject({ connection: 'live', transport: { name: 'websocket' } })
  })

  test('brings what follows, and the end', async () => {
    const { clock, socket, snapshot } = await open()
    socket.text(1, 'b')
    await clock.advance(0)
    expect(textOf(snapshot())).toBe('ab')
    socket.say({ op: 'status', task_id: 't1', epoch: 'e1', task: makeTask({ status: 'succeeded' }) })
    await clock.advance(0)
    expect(snapshot().connection).toBe('live')
    socket.say({ op: 'end', task_id: 't1' })
    await clock.advance(100_000)
    expect(snapshot().connection).toBe('done')
    expect([socket.isClosed, clock.pending]).toEqual([true, 0])
  })

  test('is one for all tasks of the client, opened by the first and closed with the last', async () => {
    const { clock, client, sockets, socket, leave } = await open()
    const others = ['t2', 't3'].map((id) => watch(client.observe(id)))
    await clock.advance(0)
    expect(sockets).toHaveLength(1)
    expect(socket.of('subscribe').map((message) => 'task_id' in message && message.task_id)).toEqual([
      't1',
      't2',
      't3',
    ])
    leave()
    expect(socket.of('unsubscribe')).toEqual([{ op: 'unsubscribe', task_id: 't1' }])
    for (const other of others) {
      expect(socket.isClosed).toBe(false)
      other.leave()
    }
    expect(socket.isClosed).toBe(true)
    await clock.advance(100_000)
    expect(clock.pending).toBe(0)
  })

  test('serves two observers of one task from where the last of them stands', async () => {
    const { clock, client, server, socket, snapshot } = await open()
    server.text('b')
    const other = client.observe('t1')
    watch(other)
    await clock.advance(0)
    expect(textOf(other.getSnapshot())).toBe('ab')
    expect(socket.of('subscribe')).toMatchObject([{ from: 1 }, { from: 1 }])
    socket.say({ op: 'pong' })
    socket.text(1, 'b')
    socket.text(2, 'c')
    await clock.advance(0)
    expect([textOf(snapshot()), textOf(other.getSnapshot())]).toEqual(['abc', 'abc'])
  })

  test('tells one who joins nothing of an older subscription, which begins where others stand', async () => {
    const { clock, client, server, socket, snapshot } = await open()
    const other = client.observe('t1')
    const { seen } = watch(other)
    await clock.advance(0)
    expect(socket.said.slice(-2)).toEqual([
      { op: 'subscribe', task_id: 't1', from: 1, epoch: 'e1', fold: 'blocks@1' },
      { op: 'ping' },
    ])
    // On their way before the server was told of the other one, who has not read what is before them.
    const ended = { op: 'status', task_id: 't1', epoch: 'e1', task: makeTask({ status: 'succeeded' }) }
    for (const content of ['b', 'c', 'd']) server.text(content)
    socket.text(1, 'b')
    socket.text(2, 'c')
    expect(textOf(other.getSnapshot())).toBe('a')
    socket.say({ op: 'pong' })
    socket.say({ op: 'status', task_id: 't1', epoch: 'e1', task: makeTask() })
    for (const [at, content] of ['b', 'c', 'd'].entries()) socket.text(at + 1, content)
    await clock.advance(0)
    expect([textOf(snapshot()), textOf(other.getSnapshot())]).toEqual(['abcd', 'abcd'])
    expect(seen.every(({ error }) => error === null)).toBe(true)
    expect(server.reads).toHaveLength(2)
    socket.say(ended)
    socket.say({ op: 'end', task_id: 't1' })
    await clock.advance(0)
    expect([snapshot().connection, other.getSnapshot().connection]).toEqual(['done', 'done'])
  })

  test('that was opened anew tells everybody at once, whoever was still to be answered', async () => {
    const { clock, client, sockets, socket } = await open({ headers: () => ({ authorization: 'Bearer x' }) })
    const other = client.observe('t1')
    watch(other)
    await clock.advance(0)
    socket.shut(4401)
    await clock.advance(0)
    sockets[1]?.open()
    sockets[1]?.text(1, 'b')
    await clock.advance(0)
    expect(textOf(other.getSnapshot())).toBe('ab')
  })

  test('is told when a listener leaves with the first news, and brings nothing more', async () => {
    const { clock, client, socket } = await open()
    const observer = client.observe('t2')
    const leave = observer.subscribe(() => {
      if (observer.getSnapshot().connection === 'live') leave()
    })
    await clock.advance(0)
    expect(socket.of('unsubscribe')).toEqual([{ op: 'unsubscribe', task_id: 't2' }])
    const before = observer.getSnapshot()
    expect(before.connection).toBe('idle')
    socket.say({ op: 'pong' })
    socket.text(1, 'b', 't2')
    await clock.advance(100_000)
    expect(observer.getSnapshot()).toBe(before)
  })

  test('acknowledges what was taken, in bytes of UTF-8, in pieces well below the credit', async () => {
    const { clock, socket } = await open()
    let sent = 0
    socket.onmessage = ((take) => (event: { data: string }) => {
      sent += Buffer.byteLength(event.data)
      take?.(event as never)
    })(socket.onmessage) as typeof socket.onmessage
    for (let idx = 1; idx <= 100; idx++) socket.text(idx, '€'.repeat(1_000))
    await clock.advance(0)
    const bytes = socket.of('ack').map((message) => ('bytes' in message ? message.bytes : 0))
    const told = bytes.reduce((sum, each) => sum + each, 0)
    expect(Math.max(...bytes)).toBeLessThan(131_072)
    // What was said before is counted too: one status.
    expect(told).toBeGreaterThan(sent - 65_536)
    expect(told).toBeLessThanOrEqual(sent + 1_000)
  })

  test('is pinged every 15 s, and given up when no answer comes', async () => {
    const { clock, sockets, socket, snapshot } = await open()
    for (let beat = 1; beat < 5; beat++) {
      await clock.advance(15_000)
      expect(socket.of('ping')).toHaveLength(beat)
      socket.say({ op: 'pong' })
    }
    await clock.advance(30_000)
    expect(socket.isClosed).toBe(true)
    expect(snapshot()).toMatchObject({ connection: 'retrying', error: { code: 'network_error' } })
    await clock.advance(1_000)
    expect(sockets).toHaveLength(2)
    expect(snapshot().connection).toBe('live')
  })

  test.each([
    ['1012 with a time', 1012, 'retry_ms=1700', 1_700],
    ['1012 without', 1012, '', 0],
  ])('closed with %s is opened again when the server said', async (_, code, reason, delayMs) => {
    const { clock, sockets, socket, server, snapshot } = await open()
    await clock.advance(15_000)
    socket.say({ op: 'pong' })
    socket.shut(code, reason)
    await clock.advance(delayMs - 1)
    expect(sockets).toHaveLength(1)
    await clock.advance(1)
    expect(sockets).toHaveLength(2)
    expect(snapshot()).toMatchObject({ connection: 'live', error: null })
    expect(server.reads).toHaveLength(1)
    sockets[1]?.open()
    expect(sockets[1]?.of('subscribe')).toMatchObject([{ from: 1, epoch: 'e1' }])
  })

  test.each([
    [4408, null],
    [1000, null],
    [1006, 'network_error'],
    [1011, 'network_error'],
    [4403, 'forbidden_origin'],
    [4429, 'rate_limited'],
  ])('closed with %d is come back to after a pause (error: %s)', async (code, error) => {
    const { clock, sockets, socket, snapshot } = await open()
    await clock.advance(15_000)
    socket.say({ op: 'pong' })
    socket.shut(code)
    await clock.advance(0)
    expect(snapshot().error?.code ?? null).toBe(error)
    expect(sockets).toHaveLength(1)
    await clock.advance(1_000)
    expect(sockets).toHaveLength(2)
  })

  test('closed with 4401 is opened once more with fresh headers, and then left for a read', async () => {
    const tokens = ['read', 'stale', 'fresh']
    const { clock, sockets, socket, snapshot } = await open({
      headers: () => ({ authorization: `Bearer ${tokens.shift() ?? 'more'}` }),
    })
    expect(socket.of('auth')).toEqual([{ op: 'auth', token: 'stale' }])
    socket.shut(4401)
    await clock.advance(0)
    const [, second] = sockets
    second?.open()
    expect(second?.of('auth')).toEqual([{ op: 'auth', token: 'fresh' }])
    expect(snapshot().connection).toBe('live')
    second?.shut(4401)
    await clock.advance(0)
    expect(snapshot()).toMatchObject({ connection: 'retrying', error: { code: 'unauthenticated' } })
    expect(sockets).toHaveLength(2)
  })

  test('that says that a subscription is over is followed by a read of that task alone', async () => {
    const { clock, client, sockets, socket, server } = await open()
    const other = client.observe('t2')
    watch(other)
    await clock.advance(0)
    socket.say({ op: 'error', task_id: 't2', code: 'store_unavailable', error: 'The store is away.' })
    await clock.advance(0)
    expect(other.getSnapshot()).toMatchObject({
      connection: 'retrying',
      error: { code: 'store_unavailable' },
    })
    const before = server.reads.length
    await clock.advance(1_000)
    expect(server.reads.slice(before).map(({ path }) => path)).toEqual(['/api/tasks/t2'])
    expect(socket.of('subscribe')).toHaveLength(3)
    expect(sockets).toHaveLength(1)
  })

  test('that was left is not heard any more', async () => {
    const { clock, socket, platform, sockets, snapshot } = await open()
    platform.wake()
    await clock.advance(0)
    expect(sockets).toHaveLength(2)
    socket.text(1, 'late')
    socket.shut(4403)
    await clock.advance(0)
    expect(textOf(snapshot())).toBe('a')
    expect(snapshot().error).toBeNull()
  })

  describe('on a host that has none', () => {
    beforeEach(() => vi.stubGlobal('WebSocket', undefined))
    afterEach(() => vi.unstubAllGlobals())

    const baseUrl = 'http://x/api/tasks'

    test('fails for good, and says what is missing', async () => {
      const { clock, server, client } = makeWorld({ transport: websocket(), baseUrl })
      server.text('a')
      const observer = client.observe('t1')
      watch(observer)
      await clock.advance(600_000)
      const { error } = observer.getSnapshot()
      expect(observer.getSnapshot()).toMatchObject({ connection: 'failed', error: { code: 'invalid_url' } })
      expect(error?.message).toContain('WebSocket')
      expect([textOf(observer.getSnapshot()), server.reads.length, clock.pending]).toEqual(['a', 1, 0])
    })

    test('is left by auto at once', async () => {
      const { clock, client } = makeWorld({ transport: auto([websocket(), polling('poll')]), baseUrl })
      const observer = client.observe('t1')
      watch(observer)
      await clock.advance(0)
      const transport = { name: 'poll', steppedDownBecause: 'blocked' }
      expect(observer.getSnapshot()).toMatchObject({ connection: 'live', error: null, transport })
    })
  })
})
